using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace Cea.Host.Telemetry;

/// <summary>The present metrics as Prometheus' text format (version 0.0.4).</summary>
internal sealed class PrometheusReader() : BaseExportingMetricReader(new Exporter())
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public string Scrape()
    {
        var own = (Exporter)exporter;
        lock (own)
        {
            own.Text.Clear();
            Collect(2000);
            return own.Text.ToString();
        }
    }

    private sealed class Exporter : BaseExporter<Metric>
    {
        public StringBuilder Text { get; } = new();

        public override ExportResult Export(in Batch<Metric> batch)
        {
            foreach (var metric in batch)
            {
                var name = metric.Name.Replace('.', '_').Replace('-', '_');
                Text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {(metric.MetricType == MetricType.Histogram ? "histogram" : metric.MetricType.IsSum() ? "counter" : "gauge")}\n");
                foreach (ref readonly var point in metric.GetMetricPoints())
                    Write(metric, name, in point);
            }
            return ExportResult.Success;
        }

        private void Write(Metric metric, string name, in MetricPoint point)
        {
            var labels = new StringBuilder();
            foreach (var tag in point.Tags)
                labels.Append(labels.Length == 0 ? "" : ",").Append(tag.Key.Replace('.', '_')).Append("=\"").Append(Convert.ToString(tag.Value, CultureInfo.InvariantCulture)?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
            var all = labels.Length == 0 ? "" : $"{{{labels}}}";
            if (metric.MetricType != MetricType.Histogram)
            {
                object value = metric.MetricType switch
                {
                    MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
                    MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
                    MetricType.LongGauge => point.GetGaugeLastValueLong(),
                    _ => point.GetGaugeLastValueDouble(),
                };
                Text.Append(CultureInfo.InvariantCulture, $"{name}{all} {value}\n");
                return;
            }
            long sum = 0;
            foreach (var bucket in point.GetHistogramBuckets())
            {
                sum += bucket.BucketCount;
                var limit = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : bucket.ExplicitBound.ToString(CultureInfo.InvariantCulture);
                Text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{(labels.Length > 0 ? "," : "")}le=\"{limit}\"}} {sum}\n");
            }
            Text.Append(CultureInfo.InvariantCulture, $"{name}_sum{all} {point.GetHistogramSum()}\n{name}_count{all} {point.GetHistogramCount()}\n");
        }
    }
}
