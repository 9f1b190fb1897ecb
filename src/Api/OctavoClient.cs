using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Octavo.Api;

/// <summary>
/// Calls <c>/v2</c>. Every method throws <see cref="OctavoException"/> where the server refuses and <see cref="HttpRequestException"/> where
/// it cannot be reached.
/// </summary>
/// <param name="http">Has the server's address, and no timeout of its own: transfers take as long as they take.</param>
/// <param name="token">The token to sign in with.</param>
public sealed class OctavoClient(HttpClient http, string token)
{
    /// <summary>Every volume of the account.</summary>
    public IAsyncEnumerable<Volume> ListVolumesAsync(CancellationToken cancellation) =>
        ListAsync("/v2/volumes", "", ApiJson.Wire.VolumePage, page => (page.Items, page.NextPageToken), cancellation);

    /// <summary>One volume.</summary>
    public Task<Volume> GetVolumeAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/volumes/{Escape(id)}", ApiJson.Wire.Volume, cancellation);

    /// <summary>Asks for a volume, empty or from a snapshot.</summary>
    public Task<VolumeAccepted> CreateVolumeAsync(CreateVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes", Json(request, ApiJson.Wire.CreateVolumeRequest), ApiJson.Wire.VolumeAccepted, cancellation);

    /// <summary>Sends a raw disk image, exactly so many bytes; returns when all of them are durable.</summary>
    public Task<VolumeAccepted> ImportVolumeAsync(string name, Stream image, long length, CancellationToken cancellation)
    {
        var content = new StreamContent(image, 1 << 20);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        content.Headers.ContentLength = length;
        return SendAsync(HttpMethod.Post, $"/v2/volumes/import?name={Uri.EscapeDataString(name)}", content, ApiJson.Wire.VolumeAccepted, cancellation);
    }

    /// <summary>Asks for the import of an image on the server's own machine.</summary>
    public Task<VolumeAccepted> ImportVolumeAsync(ImportVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes/import", Json(request, ApiJson.Wire.ImportVolumeRequest), ApiJson.Wire.VolumeAccepted, cancellation);

    /// <summary>Changes what people give a volume.</summary>
    public Task<VolumeUpdated> UpdateVolumeAsync(string id, UpdateVolumeRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Patch, $"/v2/volumes/{Escape(id)}", Json(request, ApiJson.Wire.UpdateVolumeRequest), ApiJson.Wire.VolumeUpdated, cancellation);

    /// <summary>Tells what the deletion of a volume would do.</summary>
    public Task<DeletePlan> PlanDeletionAsync(string id, bool finalSnapshot, bool purge, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, DeletionOf(id, finalSnapshot, purge) + "&dry_run=true", null, ApiJson.Wire.DeletePlan, cancellation);

    /// <summary>Asks for the deletion of a volume.</summary>
    /// <param name="finalSnapshot">Take a snapshot first.</param>
    /// <param name="purge">Free the space at once; also of one that was deleted before and is still kept.</param>
    public Task<OperationAccepted> DeleteVolumeAsync(string id, bool finalSnapshot, bool purge, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, DeletionOf(id, finalSnapshot, purge), null, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Tells what the deletion of a selection of volumes would do.</summary>
    public Task<DeletePlan> PlanDeletionAsync(DeleteVolumesRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes/delete", Json(request with { Confirm = null }, ApiJson.Wire.DeleteVolumesRequest), ApiJson.Wire.DeletePlan,
            cancellation);

    /// <summary>Asks for the deletion that a plan showed; the request has the plan's word.</summary>
    public Task<OperationAccepted> DeleteVolumesAsync(DeleteVolumesRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/volumes/delete", Json(request, ApiJson.Wire.DeleteVolumesRequest), ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Asks for a deleted volume back.</summary>
    public Task<OperationAccepted> UndeleteVolumeAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/volumes/{Escape(id)}/undelete", null, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>The image of a volume: its bytes and their number.</summary>
    public Task<(Stream Image, long Length)> ExportVolumeAsync(string id, CancellationToken cancellation) =>
        DownloadAsync($"/v2/volumes/{Escape(id)}/export", cancellation);

    /// <summary>Every snapshot of the account, or of one volume, newest first.</summary>
    public IAsyncEnumerable<Snapshot> ListSnapshotsAsync(string? volumeId, CancellationToken cancellation) =>
        ListAsync(
            "/v2/snapshots", volumeId is null ? "" : $"&volume_id={Uri.EscapeDataString(volumeId)}", ApiJson.Wire.SnapshotPage,
            page => (page.Items, page.NextPageToken), cancellation);

    /// <summary>One snapshot.</summary>
    public Task<Snapshot> GetSnapshotAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/snapshots/{Escape(id)}", ApiJson.Wire.Snapshot, cancellation);

    /// <summary>Asks for a snapshot of a volume.</summary>
    public Task<SnapshotAccepted> CreateSnapshotAsync(string volumeId, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/volumes/{Escape(volumeId)}/snapshots", null, ApiJson.Wire.SnapshotAccepted, cancellation);

    /// <summary>Asks for a snapshot of each volume of a selection.</summary>
    public Task<OperationAccepted> CreateSnapshotsAsync(CreateSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots", Json(request, ApiJson.Wire.CreateSnapshotsRequest), ApiJson.Wire.OperationAccepted,
            cancellation);

    /// <summary>Tells what taking a snapshot of each volume of a selection would do.</summary>
    public Task<SnapshotPlan> PlanSnapshotsAsync(CreateSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots", Json(request with { DryRun = true }, ApiJson.Wire.CreateSnapshotsRequest), ApiJson.Wire.SnapshotPlan,
            cancellation);

    /// <summary>Asks for a volume made from a snapshot.</summary>
    public Task<VolumeAccepted> RestoreSnapshotAsync(string id, RestoreSnapshotRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/snapshots/{Escape(id)}/restore", Json(request, ApiJson.Wire.RestoreSnapshotRequest),
            ApiJson.Wire.VolumeAccepted, cancellation);

    /// <summary>Asks for the deletion of a snapshot.</summary>
    public Task<OperationAccepted> DeleteSnapshotAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, $"/v2/snapshots/{Escape(id)}", null, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Tells what the deletion of a selection of snapshots would do.</summary>
    public Task<SnapshotDeletePlan> PlanDeletionAsync(DeleteSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots/delete", Json(request with { Confirm = null }, ApiJson.Wire.DeleteSnapshotsRequest),
            ApiJson.Wire.SnapshotDeletePlan, cancellation);

    /// <summary>Asks for the deletion that a plan showed; the request has the plan's word.</summary>
    public Task<OperationAccepted> DeleteSnapshotsAsync(DeleteSnapshotsRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/snapshots/delete", Json(request, ApiJson.Wire.DeleteSnapshotsRequest), ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>The image of a snapshot: its bytes and their number.</summary>
    public Task<(Stream Image, long Length)> ExportSnapshotAsync(string id, CancellationToken cancellation) =>
        DownloadAsync($"/v2/snapshots/{Escape(id)}/export", cancellation);

    /// <summary>Every operation that is still kept, newest first.</summary>
    public IAsyncEnumerable<Operation> ListOperationsAsync(CancellationToken cancellation) =>
        ListAsync("/v2/operations", "", ApiJson.Wire.PageOperation, cancellation);

    /// <summary>One operation.</summary>
    public Task<Operation> GetOperationAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/operations/{Escape(id)}", ApiJson.Wire.Operation, cancellation);

    /// <summary>What came of each volume of an operation on many.</summary>
    public IAsyncEnumerable<OperationItem> ListItemsAsync(string operation, CancellationToken cancellation) =>
        ListAsync($"/v2/operations/{Escape(operation)}/items", "", ApiJson.Wire.PageOperationItem, cancellation);

    /// <summary>Asks for an operation to stop; what it began is undone.</summary>
    public Task<OperationAccepted> CancelAsync(string operation, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/operations/{Escape(operation)}/cancel", null, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Asks once more for what failed in an operation on many.</summary>
    public Task<OperationAccepted> RetryAsync(string operation, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/operations/{Escape(operation)}/retry", null, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Asks for a check of the account's pools.</summary>
    public Task<OperationAccepted> CheckAsync(bool repair, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/fsck", Json(new CheckRequest(repair), ApiJson.Wire.CheckRequest), ApiJson.Wire.OperationAccepted,
            cancellation);

    /// <summary>Every credential of the account.</summary>
    public IAsyncEnumerable<Credential> ListCredentialsAsync(CancellationToken cancellation) =>
        ListAsync("/v2/credentials", "", ApiJson.Wire.PageCredential, cancellation);

    /// <summary>One credential.</summary>
    public Task<Credential> GetCredentialAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/credentials/{Escape(id)}", ApiJson.Wire.Credential, cancellation);

    /// <summary>Adds an AWS credential.</summary>
    public Task<Credential> CreateCredentialAsync(CreateCredentialRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/credentials", Json(request, ApiJson.Wire.CreateCredentialRequest), ApiJson.Wire.Credential, cancellation);

    /// <summary>Deletes a credential that nothing uses.</summary>
    /// <param name="forget">Also take what is listed through it off the list.</param>
    public Task DeleteCredentialAsync(string id, bool forget, CancellationToken cancellation) =>
        DeleteAsync($"/v2/credentials/{Escape(id)}{(forget ? "?forget=true" : "")}", cancellation);

    /// <summary>Asks for a look at everything that a credential opens, now.</summary>
    public Task<OperationAccepted> RefreshCredentialAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/credentials/{Escape(id)}/refresh", null, ApiJson.Wire.OperationAccepted, cancellation);

    /// <summary>Every account; for the operator.</summary>
    public IAsyncEnumerable<Account> ListAccountsAsync(CancellationToken cancellation) =>
        ListAsync("/v2/accounts", "", ApiJson.Wire.PageAccount, cancellation);

    /// <summary>Makes an account; for the operator.</summary>
    public Task<Account> CreateAccountAsync(CreateAccountRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/accounts", Json(request, ApiJson.Wire.CreateAccountRequest), ApiJson.Wire.Account, cancellation);

    /// <summary>The caller.</summary>
    public Task<User> GetCallerAsync(CancellationToken cancellation) => GetAsync("/v2/user", ApiJson.Wire.User, cancellation);

    /// <summary>Every user of the caller's account.</summary>
    public IAsyncEnumerable<User> ListUsersAsync(CancellationToken cancellation) =>
        ListAsync("/v2/users", "", ApiJson.Wire.PageUser, cancellation);

    /// <summary>One user.</summary>
    public Task<User> GetUserAsync(string id, CancellationToken cancellation) =>
        GetAsync($"/v2/users/{Escape(id)}", ApiJson.Wire.User, cancellation);

    /// <summary>Makes a user; the answer holds the token, this once.</summary>
    public Task<UserToken> CreateUserAsync(CreateUserRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, "/v2/users", Json(request, ApiJson.Wire.CreateUserRequest), ApiJson.Wire.UserToken, cancellation);

    /// <summary>Changes a user.</summary>
    public Task<User> UpdateUserAsync(string id, UpdateUserRequest request, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Patch, $"/v2/users/{Escape(id)}", Json(request, ApiJson.Wire.UpdateUserRequest), ApiJson.Wire.User, cancellation);

    /// <summary>Gives a user a new token; the old one is dead.</summary>
    public Task<UserToken> RegenerateTokenAsync(string id, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, $"/v2/users/{Escape(id)}/token", null, ApiJson.Wire.UserToken, cancellation);

    /// <summary>Deletes a user.</summary>
    public Task DeleteUserAsync(string id, CancellationToken cancellation) => DeleteAsync($"/v2/users/{Escape(id)}", cancellation);

    IAsyncEnumerable<T> ListAsync<T>(string path, string filter, JsonTypeInfo<Page<T>> shape, CancellationToken cancellation) =>
        ListAsync(path, filter, shape, page => (page.Items, page.NextPageToken), cancellation);

    async IAsyncEnumerable<T> ListAsync<T, TPage>(
        string path, string filter, JsonTypeInfo<TPage> shape, Func<TPage, (IReadOnlyList<T> Items, string? Next)> open,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? page = null;
        do
        {
            var (items, next) = open(await GetAsync(path + Query(page) + filter, shape, cancellation));
            foreach (var item in items) yield return item;
            page = next;
        }
        while (page is not null);
    }

    Task<T> GetAsync<T>(string path, JsonTypeInfo<T> shape, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, null, shape, cancellation);

    async Task<T> SendAsync<T>(
        HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> shape, CancellationToken cancellation)
    {
        using var response = await SendAsync(method, path, content, HttpCompletionOption.ResponseContentRead, cancellation);
        return await response.Content.ReadFromJsonAsync(shape, cancellation)
            ?? throw new OctavoException((int)response.StatusCode, "unknown", "The server answered nothing.", null);
    }

    async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Delete, path, null, HttpCompletionOption.ResponseContentRead, cancellation);
    }

    async Task<(Stream, long)> DownloadAsync(string path, CancellationToken cancellation)
    {
        var response = await SendAsync(HttpMethod.Get, path, null, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return (await response.Content.ReadAsStreamAsync(cancellation),
            response.Content.Headers.ContentLength
                ?? throw new OctavoException((int)response.StatusCode, "unknown", "The server did not say how long the image is.", null));
    }

    async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var response = await http.SendAsync(request, completion, cancellation);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await FailureAsync(response, cancellation);
    }

    static async Task<OctavoException> FailureAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        try
        {
            if (await response.Content.ReadFromJsonAsync(ApiJson.Wire.Problem, cancellation) is { Detail: not null } problem)
                return new OctavoException(status, problem.Code, problem.Detail, problem.RequestId);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            // Something between us and the server answered in its own way.
        }
        return new OctavoException(status, "unknown", $"The server answered {status} {response.ReasonPhrase}.", null);
    }

    static string Query(string? page) => "?limit=1000" + (page is null ? "" : $"&page_token={Uri.EscapeDataString(page)}");

    static string DeletionOf(string id, bool finalSnapshot, bool purge) =>
        $"/v2/volumes/{Escape(id)}?final_snapshot={(finalSnapshot ? "true" : "false")}&purge={(purge ? "true" : "false")}";

    static JsonContent Json<T>(T value, JsonTypeInfo<T> shape) => JsonContent.Create(value, shape);

    // As a part of a path these would name another address: the list, or what is above it.
    static string Escape(string text) => text is "" or "." or ".."
        ? throw new OctavoException(404, "not_found", $"\"{text}\" is no id and no name.", null)
        : Uri.EscapeDataString(text);
}
