using System.Text.RegularExpressions;
using Octavo.Api;
using Octavo.Core;
using Octavo.Server.Accounts;
using Octavo.Server.Database;
using Octavo.Server.Http;
using Octavo.Server.Inventory;

namespace Octavo.Server.Credentials;

/// <summary>A credential that AWS was asked about.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Access">What opens it.</param>
/// <param name="Report">What it was found to open; null where AWS could not be asked yet.</param>
sealed record ProvenCredential(string Name, ProviderAccess Access, CredentialReport? Report);

/// <summary>Adds an AWS credential: AWS is asked what it opens before it is kept, so that a wrong one is refused at once.</summary>
sealed partial class AddCredential(
    CredentialStore credentials, CredentialProbe probe, InventoryReconciler reconciler, ILogger<AddCredential> log)
{
    const int MaxRegions = 100;
    const int MaxSecretLength = 255;

    /// <summary>Session tokens have some 1,000 characters and no documented bound.</summary>
    const int MaxSessionTokenLength = 8192;

    const int MinExternalIdLength = 2;
    const int MaxExternalIdLength = 1224; // The STS API's bounds.

    /// <summary>Asks AWS what it opens, or says why it is refused; nothing is kept yet.</summary>
    /// <param name="mayBeUnproven">
    /// Let it pass too where AWS cannot be reached now; the inventory then goes on asking. Clients of 2011 expect no check and no endpoint.
    /// </param>
    public async Task<ProvenCredential> ProveAsync(
        Caller caller, CreateCredentialRequest request, bool mayBeUnproven, CancellationToken cancellation)
    {
        var name = Names.Display(request.Name);
        var access = Access(request, caller.IsServiceOperator);
        CredentialReport? report = null;
        try
        {
            report = await probe.AskAsync(CredentialStore.Ebs, access, cancellation);
        }
        catch (VolumeException e) when (e.IsTransient && mayBeUnproven)
        {
            log.LogWarning(e, "Credential {Credential} is kept unproven: {Message}", access.Credential, e.Message);
        }
        return new ProvenCredential(name, access, report);
    }

    /// <summary>Keeps it; its cells are looked at once that is done.</summary>
    public Task<Credential> AddAsync(Transaction transaction, AccountId account, ProvenCredential proven, CancellationToken cancellation)
    {
        transaction.OnCommitted(reconciler.LookNow);
        return credentials.AddAsync(transaction, account, proven.Name, proven.Access, proven.Report, cancellation);
    }

    static ProviderAccess Access(CreateCredentialRequest request, bool isServiceOperator)
    {
        if (request.Kind is not (null or "aws")) throw Invalid($"kind is \"{request.Kind}\"; the only one is aws.");
        var source = request.Source switch
        {
            null or "key" => AccessSource.Key,
            "profile" => AccessSource.Profile,
            "machine" => AccessSource.Machine,
            _ => throw Invalid("source must be key, profile or machine."),
        };
        if (source != AccessSource.Key && !isServiceOperator)
            throw new VolumeException(ErrorCode.Forbidden, "Only the service's operator may use identities of the service's machine. Give a key, or a role on top of one.");
        if (source != AccessSource.Key && (request.AwsAccessKeyId ?? request.AwsSecretAccessKey ?? request.AwsSessionToken) is not null)
            throw Invalid("Keys go with source key only.");
        if (source != AccessSource.Profile && request.Profile is not null) throw Invalid("profile goes with source profile only.");
        if (request.ExternalId is not null && request.RoleArn is null) throw Invalid("external_id goes with a role_arn only.");
        if (request.RoleArn is { } role && !RoleForm().IsMatch(role)) throw Invalid("role_arn must look like arn:aws:iam::123456789012:role/NAME.");
        if (request.ExternalId is { Length: < MinExternalIdLength or > MaxExternalIdLength })
            throw Invalid($"external_id has {request.ExternalId.Length} characters; from {MinExternalIdLength} to {MaxExternalIdLength} are allowed.");
        return new ProviderAccess(CredentialId.New(), null, source)
        {
            AccessKeyId = source == AccessSource.Key ? Names.Display(request.AwsAccessKeyId, "aws_access_key_id") : null,
            SecretAccessKey = source == AccessSource.Key ? Secret(request.AwsSecretAccessKey, "aws_secret_access_key", MaxSecretLength) : null,
            SessionToken = request.AwsSessionToken is { } token ? Secret(token, "aws_session_token", MaxSessionTokenLength) : null,
            Profile = source == AccessSource.Profile ? Names.Display(request.Profile, "profile") : null,
            RoleArn = request.RoleArn,
            ExternalId = request.ExternalId,
            Regions = Regions(request.Regions),
            Endpoint = Endpoint(request.Endpoint),
        };
    }

    static string[] Regions(IReadOnlyList<string>? given)
    {
        if (given is null) return [];
        if (given.Count > MaxRegions) throw Invalid($"There are {given.Count} regions; at most {MaxRegions} are allowed.");
        foreach (var region in given)
            if (region is null || !RegionForm().IsMatch(region)) throw Invalid("A region is named like us-east-1.");
        return [.. given.Distinct()];
    }

    static Uri? Endpoint(string? given) => given switch
    {
        null => null,
        _ when Uri.TryCreate(given, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && address.UserInfo.Length == 0 && address.Query.Length == 0 && address.Fragment.Length == 0 => address,
        _ => throw Invalid("endpoint must be an http or https address like https://ec2.example.net, without a query."),
    };

    /// <summary>A secret is never repeated in a sentence.</summary>
    static string Secret(string? given, string what, int maxLength) =>
        given is { Length: > 0 } && given.Length <= maxLength && given.All(c => c is > ' ' and <= '~')
            ? given
            : throw Invalid($"{what} must have 1 to {maxLength} visible ASCII characters.");

    static VolumeException Invalid(string sentence) => new(ErrorCode.Invalid, sentence);

    [GeneratedRegex(@"^arn:[a-z0-9-]{1,30}:iam::[0-9]{12}:role/[\x21-\x7e]{1,576}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RoleForm();

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RegionForm();
}
