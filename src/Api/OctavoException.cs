namespace Octavo.Api;

/// <summary>The server refused, or could not be understood. The message is the problem's sentence.</summary>
public sealed class OctavoException(int status, string code, string message, string? requestId) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The problem's code, or <c>unknown</c> where the answer was no problem document.</summary>
    public string Code { get; } = code;

    /// <summary>The id under which the server's log tells the cause, where it gave one.</summary>
    public string? RequestId { get; } = requestId;
}
