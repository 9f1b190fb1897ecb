namespace Octavo.Providers;

/// <summary>How the EBS provider behaves.</summary>
/// <param name="BudgetShare">
/// The share of AWS's published request limits that Octavo takes, more than 0 and at most 1. Less leaves the rest to other tools in the
/// account; a little under 1 keeps two clocks that differ by a hair from colliding.
/// </param>
/// <param name="DefaultEndpoint">The address that credentials without one of their own use; null for AWS's own.</param>
public sealed record EbsOptions(double BudgetShare = 0.99, Uri? DefaultEndpoint = null);
