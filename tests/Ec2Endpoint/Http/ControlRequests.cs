using Octavo.Ec2.Faults;

namespace Octavo.Ec2.Http;

/// <summary>The body of <c>POST /_control/fail</c>.</summary>
sealed record FailRequest(string Action, int Count = 1, string Code = "InternalError", int Status = 500, string? Message = null);

/// <summary>The body of <c>POST /_control/key</c>; what is left out stays.</summary>
sealed record KeyRequest(string AccessKeyId, bool? Revoked = null, bool Expired = false, string[]? Allowed = null);

/// <summary>The body of <c>POST /_control/account</c>; what is left out stays.</summary>
sealed record AccountRequest(string Account, string[]? Regions = null, bool? HidesManagedVolumes = null);

/// <summary>The body of <c>POST /_control/volume</c>: adds a volume, or changes the one with that id wholly.</summary>
sealed record VolumeRequest(string Account, string Region, Ec2VolumeFields Volume);

/// <summary>A volume's fields; what is left out is made up.</summary>
sealed record Ec2VolumeFields(
    string? Id = null, string? Zone = null, int SizeGib = 8, string Type = "gp3", string? Status = null, bool Encrypted = false,
    string? InstanceId = null, string? Device = null, string? ManagedBy = null, Dictionary<string, string>? Tags = null);

/// <summary>The body of <c>POST /_control/rules</c>: all rules of a region's Recycle Bin, in the place of those before.</summary>
sealed record RulesRequest(string Account, string Region, RuleFields[] Rules);

/// <summary>A retention rule for volumes; without tags it is for the whole region.</summary>
sealed record RuleFields(string Id, int Days, Dictionary<string, string>? Tags = null, Dictionary<string, string>? ExcludedTags = null);

/// <summary>The body of <c>POST /_control/remove</c>: a volume or a snapshot goes at once.</summary>
sealed record RemoveRequest(string Account, string Region, string Id);

/// <summary>The answer of <c>GET /_control/state</c>.</summary>
sealed record StateReply(
    int Volumes, int Snapshots, IReadOnlyList<RegionReply> Regions, ActionFigures Total, IReadOnlyDictionary<string, ActionFigures> Actions,
    int Mutations);

/// <summary>One account's region; the lists only with <c>?account=</c>.</summary>
sealed record RegionReply(
    string Account, string Region, long Calls, long Throttled, int VolumeCount, int SnapshotCount,
    IReadOnlyList<Ec2Volume>? Volumes, IReadOnlyList<Ec2Snapshot>? Snapshots, IReadOnlyList<Ec2BinnedVolume>? RecycleBin);
