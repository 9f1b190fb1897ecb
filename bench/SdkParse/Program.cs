using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;

// The peer of bench/sync: AWS's SDK alone, listing the same endpoint in as many chains at once, and doing nothing with what it parsed.
// SdkParse ENDPOINT REGIONS(comma) CHAINS < keys, one JSON object a line

if (args.Length != 3)
{
    Console.Error.WriteLine("SdkParse ENDPOINT REGION,REGION,… CHAINS < keys");
    return 2;
}
var chains = new SemaphoreSlim(int.Parse(args[2], CultureInfo.InvariantCulture));
var keys = new List<JsonElement>();
while (await Console.In.ReadLineAsync() is { Length: > 0 } line) keys.Add(JsonDocument.Parse(line).RootElement);
var watch = Stopwatch.StartNew();
var counts = await Task.WhenAll(
    from key in keys
    from region in args[1].Split(',')
    select CountAsync(key.GetProperty("accessKeyId").GetString()!, key.GetProperty("secretAccessKey").GetString()!, region));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $$"""{"volumes":{{counts.Sum()}},"seconds":{{watch.Elapsed.TotalSeconds:0.00}},"processorSeconds":{{Environment.CpuUsage.TotalTime.TotalSeconds:0.00}}}"""));
return 0;

async Task<int> CountAsync(string id, string secret, string region)
{
    using var ec2 = new AmazonEC2Client(
        new BasicAWSCredentials(id, secret),
        new AmazonEC2Config { ServiceURL = args[0], AuthenticationRegion = region, MaxErrorRetry = 0 });
    var count = 0;
    string? token = null;
    do
    {
        await chains.WaitAsync();
        try
        {
            var page = await ec2.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 500, NextToken = token });
            count += page.Volumes?.Count ?? 0;
            token = page.NextToken;
        }
        finally
        {
            chains.Release();
        }
    }
    while (token is not null);
    return count;
}
