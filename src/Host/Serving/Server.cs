using System.Net;
using Cea.Admin;
using Cea.Admin.Api;
using Cea.Channels;
using Cea.Channels.Http;
using Cea.Channels.Status;
using Cea.Feedback.Classification;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Learning;
using Cea.Feedback.Media;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using Cea.Host.Media;
using Cea.Host.Telemetry;
using Cea.Worker;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Cea.Host.Serving;

/// <summary>The roles that one process may play.</summary>
internal sealed record Roles(bool Intake, bool Worker, bool Admin, bool Sandbox)
{
    public override string ToString() => string.Join(',', new[] { Intake ? "intake" : "", Worker ? "worker" : "", Admin ? "admin" : "", Sandbox ? "sandbox" : "" }.Where(r => r.Length > 0));
}

/// <summary>Builds the web application of the roles asked for.</summary>
internal static class Server
{
    public static WebApplication Build(WebApplicationBuilder builder, Deployment deployment, Roles roles)
    {
        var services = builder.Services;
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = 8 << 20;
        });
        builder.Host.ConfigureHostOptions(o => o.ShutdownTimeout = TimeSpan.FromSeconds(30));
        if (builder.Environment.IsDevelopment())
            builder.Host.UseDefaultServiceProvider(o => (o.ValidateOnBuild, o.ValidateScopes) = (true, true));

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(deployment.Keys);
        services.AddSingleton(deployment.Databases);
        services.AddSingleton<WakeUp>();
        services.AddSingleton<Inbox>();
        services.AddSingleton<ReceiptDesk>();
        services.AddSingleton<IntakeBoard>();
        services.AddSingleton<AccountDirectory>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton(p => new ModelInUse(Classifier(p.GetRequiredService<IConfiguration>(), p.GetRequiredService<ILoggerFactory>()), deployment.Databases, deployment.Keys));
        services.AddSingleton<ITextClassifier>(p => p.GetRequiredService<ModelInUse>());
        services.AddSingleton(p => Models.Corpus(p.GetRequiredService<IConfiguration>()));
        if (MediaStores.Of(builder.Configuration, deployment.Settings) is { } media)
            services.AddSingleton<IMediaStore>(_ => media);
        if (SpeechToText.Of(builder.Configuration) is { } speech)
            services.AddSingleton<ISpeechToText>(_ => speech);
        services.AddUseCases();
        services.AddChannels();
        services.AddDataProtection().SetApplicationName("cea");
        services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(new ConfigureOptions<KeyManagementOptions>(o => o.XmlRepository = new SealedKeyRepository(deployment.Databases, deployment.Keys)));
        services.AddObservability(builder.Configuration);
        services.AddProblemDetails();
        services.AddHostedService<Refresh>();
        services.Configure<ForwardedHeadersOptions>(o =>
        {
            o.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            o.ForwardLimit = null; // back through every trusted proxy to the first address that is none
            o.KnownIPNetworks.Clear();
            o.KnownProxies.Clear();
            foreach (var proxy in deployment.Settings.TrustedProxies)
                o.KnownIPNetworks.Add(proxy);
        });
        services.AddAdmin();
        if (roles.Worker)
            services.AddWorker(deployment.ConnectionString);

        var app = builder.Build();
        if (deployment.Settings.TrustedProxies.Count > 0)
            app.UseForwardedHeaders();
        app.UseEdge();
        Health(app, deployment);
        if (roles.Intake)
        {
            app.MapChannels();
            app.MapStatus();
            app.MapIntakeApi();
        }
        if (roles.Admin)
            app.MapAdmin();
        if (roles.Intake || roles.Admin)
            app.MapApiDescription();
        app.Services.GetRequiredService<AccountDirectory>().LoadConfigured();
        return app;
    }

    internal static ITextClassifier Classifier(IConfiguration configuration, ILoggerFactory logs) => Models.Load(configuration, why => Log.NoModel(logs.CreateLogger("Cea.Host"), why));

    private static void Health(WebApplication app, Deployment deployment)
    {
        app.MapGet("/healthz", () => Results.Text("alive"));
        app.MapGet("/readyz", async (CancellationToken ct) =>
        {
            try
            {
                var pending = await Migrator.PendingAsync(deployment.ConnectionString, ct);
                return pending.Count == 0 ? Results.Text("ready") : Results.Text("the schema is older than this build", statusCode: 503);
            }
            catch (Exception away) when (away is NpgsqlException or TimeoutException)
            {
                return Results.Text("the database is away", statusCode: 503);
            }
        });
        app.MapGet("/metrics", (PrometheusReader reader, HttpContext context) =>
            // For the machine itself and the configured networks only: it shows how much comes in. What a proxy of the same machine hands on is not the machine itself.
            context.Connection.RemoteIpAddress is { } from && ((IPAddress.IsLoopback(from) && !context.Request.Headers.ContainsKey("X-Forwarded-For")) || deployment.Settings.TrustedProxies.Any(n => n.Contains(from)))
                ? Results.Text(reader.Scrape(), PrometheusReader.ContentType) : Results.NotFound());
    }
}
