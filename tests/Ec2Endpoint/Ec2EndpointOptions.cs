namespace Octavo.Ec2;

/// <summary>Where the endpoint listens, and what is in it when it starts.</summary>
/// <param name="Urls">By default any free port of the loopback.</param>
/// <param name="Seed">What to make at the start; null for an empty cloud.</param>
public sealed record Ec2EndpointOptions(string Urls = "http://127.0.0.1:0", Ec2Seed? Seed = null);
