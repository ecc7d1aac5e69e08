using System.Diagnostics;
using System.Diagnostics.Metrics;
using Cea.Feedback.Storage;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Cea.Host.Telemetry;

/// <summary>Metrics for Prometheus at /metrics and, when an endpoint is set, traces and metrics by OTLP. Route templates only: no address, no query, no text.</summary>
internal static class Observability
{
    public static IServiceCollection AddObservability(this IServiceCollection services, IConfiguration configuration)
    {
        var endpoint = configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } given ? given : null;
        var resource = ResourceBuilder.CreateDefault().AddService("cea");
        services.AddSingleton<PrometheusReader>();
        services.AddSingleton<Gauges>();
        services.AddSingleton(p =>
        {
            var builder = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource("Microsoft.AspNetCore", "Cea", "Quartz").AddProcessor(new OnlyRoutes());
            return (endpoint is null ? builder : builder.AddOtlpExporter(o => Otlp(o, endpoint, "/v1/traces"))).Build();
        });
        services.AddSingleton(p =>
        {
            var builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
                .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql", "Quartz", Gauges.MeterName)
                .AddView("http.server.request.duration", new MetricStreamConfiguration { TagKeys = ["http.request.method", "http.response.status_code", "http.route"] })
                .AddReader(p.GetRequiredService<PrometheusReader>());
            return (endpoint is null ? builder : builder.AddOtlpExporter((o, _) => Otlp(o, endpoint, "/v1/metrics"))).Build();
        });
        services.AddHostedService<Providers>();
        return services;
    }

    private static void Otlp(OtlpExporterOptions options, string endpoint, string path)
    {
        options.Endpoint = new Uri(endpoint.TrimEnd('/') + path);
        options.Protocol = OtlpExportProtocol.HttpProtobuf;
    }

    // Made at start and flushed at stop.
    private sealed class Providers(TracerProvider traces, MeterProvider metrics, Gauges gauges) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = gauges;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            traces.ForceFlush(2000);
            metrics.ForceFlush(2000);
            return Task.CompletedTask;
        }
    }

    // Paths carry tokens and codes: a span keeps the route's template alone.
    private sealed class OnlyRoutes : BaseProcessor<Activity>
    {
        private static readonly string[] Personal = ["url.path", "url.query", "url.full", "server.address", "client.address", "user_agent.original", "network.peer.address"];

        public override void OnEnd(Activity data)
        {
            foreach (var tag in Personal)
                data.SetTag(tag, null);
            if (data.GetTagItem("http.route") is string route)
                data.DisplayName = route;
        }
    }
}

/// <summary>The numbers that an operator watches, read from the database at most every ten seconds.</summary>
internal sealed class Gauges : IDisposable
{
    public const string MeterName = "Cea";
    private readonly Meter _meter = new(MeterName);
    private readonly Databases _databases;
    private readonly TimeProvider _clock;
    private (DateTimeOffset At, Dictionary<string, long> Values) _last;

    public Gauges(Databases databases, TimeProvider clock)
    {
        (_databases, _clock) = (databases, clock);
        foreach (var name in new[] { "untriaged", "dead_letters", "outbox_due", "outbox_sending", "outbox_in_doubt", "outbox_held", "overdue", "check_first" })
            _meter.CreateObservableGauge($"cea.{name}", () => Read().GetValueOrDefault(name));
    }

    public void Dispose() => _meter.Dispose();

    private Dictionary<string, long> Read()
    {
        lock (_meter)
        {
            if (_clock.GetUtcNow() - _last.At < TimeSpan.FromSeconds(10))
                return _last.Values;
            try
            {
                using var command = _databases.Worker.CreateCommand("""
                    select 'untriaged', count(*) from inbox where not dead union all select 'dead_letters', count(*) from inbox where dead
                    union all select 'outbox_' || state, count(*) from outbox where state in ('due', 'sending', 'in_doubt', 'held') and purpose <> 'test' group by state
                    union all select 'overdue', count(*) from item where next_due_at < now() union all select 'check_first', count(*) from item where circle_id = 1 and status <> 'closed'
                    """);
                using var reader = command.ExecuteReader();
                var values = new Dictionary<string, long>();
                while (reader.Read())
                    values[reader.GetString(0)] = reader.GetInt64(1);
                _last = (_clock.GetUtcNow(), values);
            }
            catch (Exception away) when (away is NpgsqlException or TimeoutException)
            {
                _last = (_clock.GetUtcNow(), []);
            }
            return _last.Values;
        }
    }
}
