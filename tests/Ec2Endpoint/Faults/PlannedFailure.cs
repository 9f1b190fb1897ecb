namespace Octavo.Ec2.Faults;

/// <summary>What the next calls of an action are answered, instead of being done.</summary>
/// <param name="Action">The action, or <c>*</c> for any.</param>
/// <param name="Count">How many calls.</param>
public sealed record PlannedFailure(string Action, int Count, string Code, int Status, string Message = "This answer was planned.");
