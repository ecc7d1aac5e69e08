using Cea.Testing;

namespace Cea.Host.Tests.Serving;

/// <summary>Providers come again, and more than one of their machines at once, to whichever Host the balancer chooses.</summary>
public sealed class DuplicateTests
{
    private const int Calls = 6, Senders = 4;

    [Fact]
    public async Task The_same_calls_from_many_at_once_to_two_Hosts_are_stored_once_and_acknowledged_once()
    {
        await using var place = await OperatorsPlace.OpenAsync();
        await using (var pipeline = new Pipeline(place.Database))
            await pipeline.SetUpAsync();
        var lines = ProviderLine.Kinds.Select((kind, i) => new ProviderLine(kind, $"line-{i}", $"secret-{i}", kind == "telegram" ? "100009:twice-bot-token-0000000000000000000000" : $"AC{i + 1:x32}", $"+1555010{i + 1:0000}")).ToList();
        foreach (var line in lines)
            line.Configure(place.Environment, "http://127.0.0.1:9");
        var (one, other) = (HostProcess.FreePort(), HostProcess.FreePort());
        var url = place.Environment["Cea__PublicUrl"] = $"http://127.0.0.1:{one}";
        await using var first = await HostProcess.ServeAsync(place.Environment, place.Folder, one);
        await using var second = await HostProcess.ServeAsync(place.Environment, place.Folder, other);
        var calls = lines.SelectMany((line, l) => Enumerable.Range(1, Calls).Select(n => ProviderCall.New(line, url, n, $"+5025551{l}{n:000}", "dlo a sal nan tiyo a"))).ToList();

        var answers = await Task.WhenAll(Enumerable.Range(0, Senders).SelectMany(_ => new[] { one, other }).Select(port => Task.Run(async () =>
        {
            using var sender = new CallSender(port);
            var told = new List<(int, string)>();
            foreach (var call in calls)
                told.Add((await sender.PostAsync(call), sender.Answer));
            return told;
        })));

        // To each the same: by voice that is also the code that is read to the caller.
        answers.SelectMany(a => a.Select((told, call) => (call, told))).Distinct().Count().ShouldBe(calls.Count);
        answers.SelectMany(a => a).ShouldAllBe(a => a.Item1 == 200);
        for (var tries = 0; await place.Database.ScalarAsync<long>("select count(*) from inbox where kind = 'message'") > 0 && tries < 300; tries++)
            await Task.Delay(100);
        (await place.Database.ScalarAsync<string>("select string_agg(account_id || ' ' || n, ', ' order by account_id) from (select account_id, count(*) n from message where direction = 'in' and account_id <> 'line' group by 1) m"))
            .ShouldBe(string.Join(", ", lines.Select(l => $"{l.Account} {Calls}")));
        (await place.Database.ScalarAsync<long>("select count(distinct receipt_code) from item")).ShouldBe(await place.Database.ScalarAsync<long>("select count(*) from item"));
        // Who wrote has one acknowledgement waiting; who spoke was told on the telephone.
        (await place.Database.ScalarAsync<string>("select string_agg(account_id || ' ' || n, ', ' order by account_id) from (select account_id, count(*) n from outbox where purpose = 'ack' group by 1) m"))
            .ShouldBe(string.Join(", ", lines.Where(l => l.Kind != "twilio-voice").Select(l => $"{l.Account} {Calls}")));
    }
}
