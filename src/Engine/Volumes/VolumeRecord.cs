namespace Octavo.Engine.Volumes;

/// <summary>
/// <c>volumes/ID/volume.json</c>: what a volume is. Its bytes are in <c>volumes/ID/data</c>, a raw sparse file, or in the image that
/// somebody put into the pool's folder, which stays where it is.
/// </summary>
/// <param name="Id">The same as the folder's name.</param>
/// <param name="Tag">What its maker gave; absent for an image that was found.</param>
/// <param name="State">One of the constants below.</param>
/// <param name="SizeBytes">The length of the image.</param>
/// <param name="SnapshotId">The snapshot it was made from.</param>
/// <param name="Image">The name of a found image in the pool's folder.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="GrowTo">The length that the image is being given, or has already; absent where it is <paramref name="SizeBytes"/>.</param>
sealed record VolumeRecord(
    string Id, string? Tag, string State, long SizeBytes, string? SnapshotId, string? Image, DateTimeOffset CreatedAt, long? GrowTo = null)
{
    /// <summary>Its bytes are on the way; after a crash its maker begins again, or deletes it.</summary>
    public const string Creating = "creating";

    /// <summary>Usable, but some blocks are still in its snapshot alone; <c>volumes/ID/filling</c> tells which.</summary>
    public const string Filling = "filling";

    /// <summary>Whole.</summary>
    public const string Available = "available";

    /// <summary>Its deletion was accepted; it goes when the last pending snapshot of it is done.</summary>
    public const string Deleting = "deleting";

    /// <summary>Where volumes are.</summary>
    public const string Root = "volumes";

    /// <summary>The folder of a volume.</summary>
    public static string FolderOf(string id) => $"{Root}/{id}";

    /// <summary>The record of a volume.</summary>
    public static string PathOf(string id) => $"{Root}/{id}/volume.json";

    /// <summary>The file with the volume's bytes.</summary>
    public string ImagePath => Image ?? $"{Root}/{Id}/data";
}
