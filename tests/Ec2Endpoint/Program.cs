using System.Text.Json;
using Octavo.Ec2;

ProgramOptions? options;
try
{
    options = ProgramOptions.Parse(args);
}
catch (Exception e) when (e is ArgumentException or FormatException or JsonException or IOException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
if (options is null)
{
    Console.WriteLine(ProgramOptions.Usage);
    return 0;
}
await using var endpoint = await Ec2Endpoint.StartAsync(new Ec2EndpointOptions(options.Urls, options.Seed));
options.Apply(endpoint.Switches);
foreach (var line in endpoint.DescribeKeys()) Console.WriteLine(line);
Console.WriteLine($"octavo-ec2-endpoint is listening on {endpoint.Address}");
await endpoint.WaitForShutdownAsync();
return 0;
