using System.Net;
using System.Net.Http.Json;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Amazon.SecurityToken.Model;
using Microsoft.Extensions.Time.Testing;

namespace Octavo.Tests.Ec2;

public class SignatureTests
{
    static CancellationToken Cancellation => Ec2Fixture.Cancellation;

    [Fact]
    public async Task A_wrong_secret_is_found_at_both_services()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        var wrong = new BasicAWSCredentials(ec2.Key.Id, ec2.Key.Secret + "x");

        await Ec2Fixture.ShouldFailAsync("SignatureDoesNotMatch", 403, AskAsync(ec2.Client(credentials: wrong)));
        await Ec2Fixture.ShouldFailAsync("SignatureDoesNotMatch", 403,
            ec2.Sts(wrong).GetCallerIdentityAsync(new GetCallerIdentityRequest(), Cancellation));
    }

    [Fact]
    public async Task An_unknown_key_and_a_revoked_one_are_refused()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        var unknown = new BasicAWSCredentials("AKIANOBODY0000000001", "secret");

        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401, AskAsync(ec2.Client(credentials: unknown)));
        await Ec2Fixture.ShouldFailAsync("InvalidClientTokenId", 403,
            ec2.Sts(unknown).GetCallerIdentityAsync(new GetCallerIdentityRequest(), Cancellation));
        await AskAsync(ec2.Client());
        ec2.Key.IsRevoked = true;
        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401, AskAsync(ec2.Client()));
    }

    [Theory]
    [InlineData(14, null)]
    [InlineData(-14, null)]
    [InlineData(20, "RequestExpired")]
    [InlineData(-20, "RequestExpired")]
    public async Task A_clock_may_be_off_by_a_quarter_of_an_hour(int minutes, string? code)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(minutes));
        await using var ec2 = await Ec2Fixture.StartAsync(time: time);

        if (code is null) await AskAsync(ec2.Client());
        else await Ec2Fixture.ShouldFailAsync(code, 400, AskAsync(ec2.Client()));
    }

    [Fact]
    public async Task What_was_changed_on_the_way_is_found()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        var relay = new ChangingHandler();
        using var client = new AmazonEC2Client(new BasicAWSCredentials(ec2.Key.Id, ec2.Key.Secret), new AmazonEC2Config
        {
            ServiceURL = ec2.Endpoint.Address.ToString(),
            AuthenticationRegion = Ec2Fixture.Region,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            HttpClientFactory = new RelayFactory(relay),
        });

        await client.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 10 }, Cancellation);
        relay.IsChanging = true;
        await Ec2Fixture.ShouldFailAsync("SignatureDoesNotMatch", 403,
            client.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 10 }, Cancellation));
    }

    [Fact]
    public async Task A_request_without_a_signature_is_refused()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();
        using var http = new HttpClient { BaseAddress = ec2.Endpoint.Address };

        using var reply = await http.PostAsync("/",
            new FormUrlEncodedContent([new("Action", "DescribeVolumes"), new("Version", "2016-11-15")]), Cancellation);

        reply.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await reply.Content.ReadAsStringAsync(Cancellation)).ShouldContain("<Code>MissingAuthenticationToken</Code>");
        using var rules = await http.PostAsJsonAsync("/list-rules", new { ResourceType = "EBS_VOLUME" }, Cancellation);
        rules.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        rules.Headers.GetValues("x-amzn-ErrorType").ShouldBe(["MissingAuthenticationToken"]);
    }

    [Fact]
    public async Task A_region_that_is_not_enabled_answers_like_a_bad_key_and_is_not_listed()
    {
        await using var ec2 = await Ec2Fixture.StartAsync();

        await Ec2Fixture.ShouldFailAsync("AuthFailure", 401, AskAsync(ec2.Client("me-central-1")));
        var own = await ec2.Client().DescribeRegionsAsync(new DescribeRegionsRequest(), Cancellation);
        var all = await ec2.Client().DescribeRegionsAsync(new DescribeRegionsRequest { AllRegions = true }, Cancellation);

        own.Regions.Select(r => r.RegionName).ShouldBe(["eu-west-1", "us-east-1"]);
        all.Regions.Single(r => r.RegionName == "me-central-1").OptInStatus.ShouldBe("not-opted-in");
        (await ec2.Client().DescribeAvailabilityZonesAsync(new DescribeAvailabilityZonesRequest(), Cancellation))
            .AvailabilityZones.Select(z => z.ZoneName).ShouldBe(["us-east-1a", "us-east-1b", "us-east-1c"]);
    }

    static Task<DescribeVolumesResponse> AskAsync(AmazonEC2Client client) =>
        client.DescribeVolumesAsync(new DescribeVolumesRequest { MaxResults = 10 }, Cancellation);

    /// <summary>Somebody on the way, who asks for a larger page than was signed.</summary>
    sealed class ChangingHandler() : DelegatingHandler(new HttpClientHandler())
    {
        public bool IsChanging { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (IsChanging)
            {
                var type = request.Content!.Headers.ContentType;
                var body = await request.Content.ReadAsStringAsync(cancellationToken);
                request.Content = new StringContent(body.Replace("MaxResults=10", "MaxResults=99", StringComparison.Ordinal));
                request.Content.Headers.ContentType = type;
            }
            return await base.SendAsync(request, cancellationToken);
        }
    }

    sealed class RelayFactory(HttpMessageHandler handler) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(handler, disposeHandler: false);
        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}
