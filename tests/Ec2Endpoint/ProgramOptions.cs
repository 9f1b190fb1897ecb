using System.Globalization;
using System.Text.Json;
using Octavo.Ec2.Faults;
using Octavo.Ec2.Http;

namespace Octavo.Ec2;

/// <summary>The command line of the program.</summary>
sealed record ProgramOptions(string Urls, Ec2Seed Seed, IReadOnlyList<JsonElement> Switches)
{
    public const string Usage =
        """
        Octavo.Ec2Endpoint [OPTIONS]     an EC2 endpoint for tests

          --urls URL             where to listen; default http://127.0.0.1:9900
          --accounts N           accounts, with one key and one role each; default 1
          --regions A,B          the regions of every account; default us-east-1
          --volumes N            volumes, spread over all accounts and regions
          --attached N           how many of them are attached
          --snapshots N          completed snapshots
          --retention-days N     deleted volumes stay in the Recycle Bin for so long
          --delay-ms N           how long every answer takes
          --switches JSON        switches, as POST /_control/switches takes them
          --seed-file FILE       JSON: accounts, regions, volumes, attached, snapshots,
                                 retentionDays, switches

        The keys are printed as JSON, one a line, before the line that says where it listens.
        """;

    /// <summary>Reads the command line; null where help was asked for. Later options go over earlier ones.</summary>
    public static ProgramOptions? Parse(string[] args)
    {
        var (urls, seed, switches) = ("http://127.0.0.1:9900", new Ec2Seed(), new List<JsonElement>());
        for (var i = 0; i < args.Length; i += 2)
        {
            if (args[i] is "--help" or "-h") return null;
            if (i + 1 == args.Length) throw new ArgumentException($"{args[i]} needs a value.\n\n{Usage}");
            var value = args[i + 1];
            switch (args[i])
            {
                case "--urls": urls = value; break;
                case "--accounts": seed = seed with { Accounts = Number(value) }; break;
                case "--regions": seed = seed with { Regions = value.Split(',') }; break;
                case "--volumes": seed = seed with { Volumes = Number(value) }; break;
                case "--attached": seed = seed with { Attached = Number(value) }; break;
                case "--snapshots": seed = seed with { Snapshots = Number(value) }; break;
                case "--retention-days": seed = seed with { RetentionDays = Number(value) }; break;
                case "--delay-ms": switches.Add(Json($$"""{ "answerDelay": {{Number(value) / 1000.0}} }""")); break;
                case "--switches": switches.Add(Json(value)); break;
                case "--seed-file":
                    var file = Json(File.ReadAllText(value));
                    seed = file.Deserialize<Ec2Seed>(ControlJson.Options)!;
                    if (file.TryGetProperty("switches", out var given)) switches.Add(given);
                    break;
                default: throw new ArgumentException($"{args[i]} is not known.\n\n{Usage}");
            }
        }
        foreach (var given in switches) ControlJson.Set(new Switches(), given);
        return new ProgramOptions(urls, seed, switches);
    }

    public void Apply(Switches switches)
    {
        foreach (var given in Switches) ControlJson.Set(switches, given);
    }

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
