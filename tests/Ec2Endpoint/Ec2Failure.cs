namespace Octavo.Ec2;

/// <summary>An error of the API: its code, its HTTP status and a sentence.</summary>
sealed class Ec2Failure(string code, int status, string message) : Exception(message)
{
    public string Code { get; } = code;
    public int Status { get; } = status;

    /// <summary>Most of what is wrong with a request is a 400.</summary>
    public static Ec2Failure Bad(string code, string message) => new(code, StatusCodes.Status400BadRequest, message);

    public static Ec2Failure Missing(string parameter) =>
        Bad("MissingParameter", $"The request must contain the parameter {parameter}");

    public static Ec2Failure Value(string parameter, string value) =>
        Bad("InvalidParameterValue", $"Value ({value}) for parameter {parameter} is invalid.");

    public static Ec2Failure NoVolume(string ids) => Bad("InvalidVolume.NotFound", $"The volume '{ids}' does not exist.");

    public static Ec2Failure NoSnapshot(string ids) => Bad("InvalidSnapshot.NotFound", $"The snapshot '{ids}' does not exist.");
}
