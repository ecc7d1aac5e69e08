using System.Diagnostics.Metrics;
using Cea.Host.Telemetry;
using Cea.Testing;

namespace Cea.Host.Tests.Telemetry;

public sealed class GaugesTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task What_became_of_a_test_is_in_no_gauge()
    {
        await database.ExecuteAsync("""
            insert into channel_account (id, kind) values ('line', 'twilio-sms');
            insert into outbox (id, audience_id, account_id, lane, purpose, body, state, due_at, created_at)
            select gen_random_uuid(), 1, 'line', 0, p, '', s, now(), now() from unnest(array['reply', 'test', 'test']) p, unnest(array['due', 'sending', 'in_doubt', 'held']) s
            """);
        var read = new Dictionary<string, long>();
        using var gauges = new Gauges(database.Databases, TimeProvider.System);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == Gauges.MeterName)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => read[instrument.Name] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        foreach (var state in new[] { "due", "sending", "in_doubt", "held" })
            read[$"cea.outbox_{state}"].ShouldBe(1, state);
    }
}
