using Octavo.Server;
using Octavo.Server.Database;

try
{
    var options = ServerOptions.Parse(args, Environment.GetEnvironmentVariable);
    if (options is null)
    {
        Console.WriteLine(ServerOptions.Usage);
        return 0;
    }
    if (options.BackupTarget is { } target)
    {
        DataFolder.Backup(options.DataFolder, target);
        Console.WriteLine($"The inventory of {options.DataFolder} is copied to {target}.");
        return 0;
    }
    await using var app = await OctavoServer.BuildAsync(options, Console.Out);
    await app.StartAsync();
    Console.WriteLine($"octavo-server is listening on {string.Join(", ", app.Urls)}, data folder {Path.GetFullPath(options.DataFolder)}");
    await app.WaitForShutdownAsync();
    return 0;
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (Exception e) when (e is DataFolderException or SchemaTooNewException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
{
    // The address is in use, most of the time; the message names it.
    Console.Error.WriteLine($"octavo-server cannot start: {e.Message}");
    return 1;
}
