using System.Text.Json.Serialization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;
using Octavo.Api;
using Octavo.Core;
using Octavo.Providers;
using Octavo.Server.Accounts;
using Octavo.Server.Attachments;
using Octavo.Server.Audit;
using Octavo.Server.Console;
using Octavo.Server.Credentials;
using Octavo.Server.Database;
using Octavo.Server.Description;
using Octavo.Server.Events;
using Octavo.Server.Health;
using Octavo.Server.Http;
using Octavo.Server.Inventory;
using Octavo.Server.Nbd;
using Octavo.Server.Operations;
using Octavo.Server.Scalarium;
using Octavo.Server.Snapshots;
using Octavo.Server.Telemetry;
using Octavo.Server.Volumes;

namespace Octavo.Server;

/// <summary>Puts the server together. Composition only.</summary>
static class OctavoServer
{
    /// <summary>
    /// Headers up to this are read, so that oversized ones can be answered with a sentence (<see cref="HeaderLimit"/>); beyond it the
    /// connection is refused without one.
    /// </summary>
    const int MaxHeaderBytesRead = 2 << 20;

    /// <summary>Request lines up to this are read, for the same reason.</summary>
    const int MaxLineBytesRead = 1 << 20;

    /// <summary>Bodies up to this are read; an import lifts it for itself.</summary>
    const int MaxBodyBytes = 1 << 20;

    /// <summary>Opens the data folder, brings the database up to date and gives back a server that is ready to run.</summary>
    /// <exception cref="DataFolderException">The data folder is in use or cannot be written.</exception>
    /// <exception cref="SchemaTooNewException">The database was written by a newer version.</exception>
    public static async Task<WebApplication> BuildAsync(
        ServerOptions options, TextWriter output, Action<WebApplicationBuilder>? configure = null)
    {
        var folder = new DataFolder(options.DataFolder);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytesRead;
            kestrel.Limits.MaxRequestLineSize = MaxLineBytesRead;
            kestrel.Limits.MaxRequestBufferSize = MaxHeaderBytesRead + MaxLineBytesRead;
            kestrel.Limits.MaxRequestHeaderCount = 2000;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
        });
        // Saves two hops between threads for each request; what keeps a thread busy here, a read of the database, holds up one client only.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // Requests are logged where they fail, with their id; a scope around each of them costs more than some requests do.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // What keeps the server from starting is printed as one sentence; a background service that died is critical there.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
        // Its keys lie beside what they protect, as the documentation says; it warns of that at every start.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        AddServices(builder.Services, options, folder);
        configure?.Invoke(builder);
        var app = builder.Build();
        try
        {
            // First, so that it is given back last.
            _ = app.Services.GetRequiredService<DataFolder>();
            Map(app);
            await app.Services.GetRequiredService<KeyRing>().OpenAsync(CancellationToken.None);
            await app.Services.GetRequiredService<OperationStore>().RecoverAsync(CancellationToken.None);
            await FirstStart.RunAsync(
                folder, app.Services.GetRequiredService<Database.Database>(), app.Services.GetRequiredService<AccountStore>(),
                app.Services.GetRequiredService<UserStore>(), options.AddressToTry, output, CancellationToken.None);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    static void AddServices(IServiceCollection services, ServerOptions options, DataFolder folder)
    {
        services.AddSingleton(options);
        services.AddSingleton(_ => folder);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => new Database.Database(folder.DatabaseFile));
        services.AddSingleton<SharedCommits>().AddSingleton<AuditLog>().AddSingleton<KeptAnswers>();
        services.AddDataProtection().SetApplicationName("octavo");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider => new ConfigureOptions<KeyManagementOptions>(
            keys => keys.XmlRepository = provider.GetRequiredService<KeyRing>()));
        services.AddSingleton(provider => new KeyRing(provider.GetRequiredService<Database.Database>(), options.MasterKey));
        services.AddLocalProvider(new LocalOptions(folder.Pools, options.Nbd.Device)
        {
            ScrubBytesPerSecond = options.ScrubBytesPerSecond,
            ScrubPeriod = options.ScrubPeriod,
        });
        services.AddEbsProvider(new EbsOptions(options.AwsBudgetShare, options.AwsEndpoint));

        services.AddSingleton<Callers>().AddSingleton<FailedSignIns>().AddSingleton<SignIn>();
        services.AddSingleton<AccountStore>().AddSingleton<TokenStore>().AddSingleton<UserStore>().AddSingleton<CredentialStore>();
        services.AddSingleton<ICredentialVault>(provider => provider.GetRequiredService<CredentialStore>());
        services.AddSingleton<CredentialProbe>().AddSingleton<AddCredential>();
        services.AddSingleton<Cells>().AddSingleton<AccountInventories>().AddSingleton<CellProgress>();
        services.AddSingleton<OperationSignals>().AddSingleton<OperationStore>();
        services.AddSingleton<VolumeStore>().AddSingleton<SnapshotStore>().AddSingleton<SnapshotSets>().AddSingleton<OperationItems>().AddSingleton<Exports>().AddSingleton<RawVolumes>().AddSingleton<DeletePlans>();
        services.AddHandler<CreateVolume>().AddHandler<ImportVolume>().AddHandler<UpdateVolume>().AddHandler<GrowVolume>();
        services.AddHandler<DeleteVolume>().AddHandlerOnMany<DeleteVolumes>().AddHandler<PurgeVolume>().AddHandler<UndeleteVolume>();
        services.AddHandler<CreateSnapshot>().AddHandler<CreateInstanceSnapshots>().AddHandlerOnMany<CreateSnapshots>();
        services.AddHandler<DeleteSnapshot>().AddHandlerOnMany<DeleteSnapshots>().AddHandler<CheckPool>().AddHandler<RefreshCredential>();
        services.AddSingleton<AttachmentStore>().AddHandler<AttachClient>().AddHandler<DetachClient>();
        services.AddSingleton<AttachmentWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<AttachmentWatch>());
        services.AddSingleton<NbdAddresses>().AddSingleton<NbdListener>();
        services.AddHostedService(provider => provider.GetRequiredService<NbdListener>());
        services.AddSingleton<OperationRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<OperationRunner>());
        services.AddSingleton<InventoryReconciler>();
        services.AddHostedService(provider => provider.GetRequiredService<InventoryReconciler>());
        services.AddSingleton<Readiness>();
        services.AddHostedService(provider => provider.GetRequiredService<Readiness>());
        services.AddObservability(options);
        services.AddSingleton<AccountListing>();
        services.AddSingleton<ScalariumDialect>().AddSingleton<ScalariumVolumes>().AddSingleton<ScalariumCredentials>();
        services.AddSingleton<ScalariumErrors>();
        services.AddSingleton<Problems>();
        services.AddSingleton<Sessions>().AddSingleton<ConsoleGate>();
        services.AddRazorComponents();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolver = ApiJson.Wire;
            json.SerializerOptions.PropertyNamingPolicy = ApiJson.Wire.Options.PropertyNamingPolicy;
            json.SerializerOptions.Encoder = ApiJson.Wire.Options.Encoder;
            // Numbers come as numbers only; the description tells so, too.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
        ApiDescription.Add(services);
        services.Configure<RouteHandlerOptions>(routes => routes.ThrowOnBadRequest = true);
    }

    static IServiceCollection AddHandler<T>(this IServiceCollection services) where T : class, IOperationHandler =>
        services.AddSingleton<T>().AddSingleton<IOperationHandler>(provider => provider.GetRequiredService<T>());

    static IServiceCollection AddHandlerOnMany<T>(this IServiceCollection services) where T : class, IOperationOnMany =>
        services.AddHandler<T>().AddSingleton<IOperationOnMany>(provider => provider.GetRequiredService<T>());

    static void Map(WebApplication app)
    {
        var scalarium = app.Services.GetRequiredService<ScalariumDialect>();
        var problems = app.Services.GetRequiredService<Problems>();
        var signIn = app.Services.GetRequiredService<SignIn>();
        var gate = app.Services.GetRequiredService<ConsoleGate>();
        app.Use(next => context => HeaderLimit.Exceeded(context.Request) is { } refusal
            ? HeaderLimit.RefuseAsync(context, refusal)
            : ScalariumDialect.Owns(context.Request.Path.Value!) ? scalarium.HandleAsync(context) : next(context));
        app.Use(next => context => problems.HandleAsync(context, next));
        app.Use(next => async context =>
        {
            // Before routing: a stranger does not learn which addresses exist.
            if ((context.Request.Path.StartsWithSegments("/v2", StringComparison.Ordinal) && context.Request.Path != ApiDescription.Address)
                || context.Request.Path.Value == Observability.Page)
                context.Features.Set(await signIn.WithTokenAsync(SignIn.BearerToken(context), context));
            await next(context);
        });
        app.UseRouting();
        app.Use(next => context => gate.HandleAsync(context, next));
        app.Use(next => context =>
        {
            QueryParameters.Check(context);
            return next(context);
        });
        var v2 = app.MapGroup("/v2");
        AccountEndpoints.Map(v2);
        UserEndpoints.Map(v2);
        TokenEndpoints.Map(v2);
        AuditEndpoints.Map(v2);
        EventEndpoints.Map(v2);
        CredentialEndpoints.Map(v2);
        VolumeEndpoints.Map(v2);
        DeletionEndpoints.Map(v2);
        SnapshotEndpoints.Map(v2);
        AttachmentEndpoints.Map(v2);
        OperationEndpoints.Map(v2);
        DescriptionEndpoints.Map(app);
        HealthEndpoints.Map(app);
        Observability.Map(app);
        ConsoleRoutes.Map(app);
    }
}
