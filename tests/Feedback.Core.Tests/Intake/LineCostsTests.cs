using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Intake;

public sealed class LineCostsTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Channels:line:Kind"] = "sms-of-paper", ["Channels:chat:Kind"] = "paper", ["Channels:chat:Box"] = "1", ["Channels:chat:Combination"] = "2", ["Channels:phone:Kind"] = "phone-of-paper",
    };

    private static readonly AccountSetting Box = new("Box", false, false, "Number of the box");
    private readonly Office _office = new(database, settings: Settings, channels:
    [
        new PaperChannel(), new PaperChannel("sms-of-paper", new() { AddressSpace = "tel", MaxLength = 1600, CountsSegments = true }, [Box]), new PaperChannel("phone-of-paper", new() { AddressSpace = "tel", MaxLength = 0, CanSend = false, TakesCalls = true }, [Box]),
    ]);
    private Pipeline _pipeline = null!;
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from outbox; delete from phone_call; delete from message; delete from item_event; delete from clock; delete from item; update channel_account set price_outbound = null, price_inbound = null, price_minute = null, price_month = null, price_currency = null");
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task What_went_out_is_counted_by_script_and_costs_by_the_segment()
    {
        await SentAsync("line", "en", 2, 1, false);
        await SentAsync("line", "ar", 2, 3, true);
        await SentAsync("line", "en", 1, 1, false, days: 31); // too long ago
        await SaveAsync("line", new(0.05m, 0.01m, null, 2, "usd"));

        var line = await LineAsync("line");
        line.Rows.Select(r => (r.What, r.Messages, r.Units, r.Cost)).ShouldBe([("gsm", 2, 2, 0.10m), ("unicode", 2, 6, 0.30m), ("received", 0, 0, 0m), ("month", 0, 1, 2m)]);
        (line.Total, line.Prices.Currency, line.Incomplete).ShouldBe((2.40m, "USD", false));
        line.Languages.Select(l => (l.Lang, l.Messages, l.Segments, l.UnicodeMessages, l.SegmentsAMessage, line.ShareOfMessages(l), line.Share(l))).ShouldBe([("ar", 2, 6, 2, 3, 0.5, 0.75), ("en", 2, 2, 0, 1, 0.5, 0.25)]);
    }

    [Fact]
    public async Task What_really_goes_out_and_comes_in_says_its_language_and_script()
    {
        await _pipeline.SayAsync("+50261110001", "[complaint|water|normal|0|en] the queue is long");
        await _pipeline.SayAsync("+50261110002", "[complaint|water|normal|0|ar] الطابور طويل");
        await database.ExecuteAsync("update outbox set state = 'sent', sent_at = now()");
        var line = await LineAsync("line");
        line.Languages.Select(l => (l.Lang, l.Messages, l.UnicodeMessages)).ShouldBe([("ar", 1, 1), ("en", 1, 0)], ignoreOrder: true);
        line.Languages.Single(l => l.Lang == "ar").Segments.ShouldBeGreaterThan(line.Languages.Single(l => l.Lang == "en").Segments);
        line.Rows.Single(r => r.What == "received").Units.ShouldBe(2);
        (line.Total, line.Incomplete).ShouldBe((null, true)); // nobody has typed a price
    }

    [Fact]
    public async Task What_a_circle_holds_is_in_no_figure()
    {
        await _pipeline.SayAsync("+50261110003", "[complaint|sea_staff_abuse|high|2|en] a man wants a favour");
        await database.ExecuteAsync("update outbox set state = 'sent', sent_at = now()");
        (await database.ScalarAsync<long>("select count(*) from outbox")).ShouldBe(1);
        await database.ExecuteAsync("insert into phone_call (account_id, key, began_at, ended_at, item_id) select 'phone', '\\x01', now(), now() + interval '5 minutes', id from item");
        (await LineAsync("line")).Rows.Sum(r => r.Messages).ShouldBe(0);
        (await LineAsync("phone")).Rows.Sum(r => r.Messages).ShouldBe(0);
        var shown = (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == "line");
        (shown.Facts.SentAt, shown.Facts.SentHour).ShouldBe((null, 0));
    }

    [Fact]
    public async Task Where_nothing_counts_segments_a_message_is_one_and_a_call_costs_by_the_minute_begun()
    {
        await SentAsync("chat", "ar", 3, 4, true);
        await database.ExecuteAsync("insert into phone_call (account_id, key, began_at, ended_at) values ('phone', '\\x01', now(), now() + interval '61 seconds'), ('phone', '\\x02', now(), now() + interval '5 seconds'), ('phone', '\\x03', now(), null)");
        await SaveAsync("chat", new(0.5m, null, null, null, "EUR"));
        await SaveAsync("phone", new(null, null, 0.2m, null, "EUR"));
        (await LineAsync("chat")).Rows.Select(r => (r.What, r.Units)).ShouldBe([("messages", 3), ("received", 0), ("month", 1)]);
        (await LineAsync("chat")).Total.ShouldBe(1.5m);
        (await LineAsync("phone")).Rows.Select(r => (r.What, r.Messages, r.Units, r.Cost)).ShouldBe([("minutes", 2, 3, 0.6m), ("month", 0, 1, null)]);
        (await LineAsync("phone")).Incomplete.ShouldBeFalse();
    }

    [Fact]
    public async Task Prices_that_are_none_are_named()
    {
        (await _office.WrongFieldsAsync(_admin, new SavePrices("line", new(-1, 100_000, -1, -1, null), Guid.CreateVersion7()))).ShouldBe("price_outbound no_price, price_inbound no_price, price_minute no_price, price_month no_price, currency needed");
        (await _office.WrongFieldsAsync(_admin, new SavePrices("line", new(1, null, null, null, "dollars"), Guid.CreateVersion7()))).ShouldBe("currency no_currency");
        await SaveAsync("line", new(0.0075m, null, null, null, "usd"));
        await SaveAsync("line", new(null, null, null, null, null));
        (await LineAsync("line")).Prices.Any.ShouldBeFalse();
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
        (await _office.RefusalAsync(officer, new LineCosts())).ShouldBe("not_allowed");
    }

    private Task<string> SaveAsync(string line, LinePrices prices) => _office.AskAsync(_admin, new SavePrices(line, prices, Guid.CreateVersion7()));

    private async Task<LineCost> LineAsync(string id) => (await _office.AskAsync(_admin, new LineCosts())).Single(l => l.Id == id);

    private Task SentAsync(string line, string lang, int messages, int segments, bool unicode, int days = 1) => database.ExecuteAsync("""
        insert into outbox (id, audience_id, account_id, lane, purpose, body, segments, unicode, lang, state, due_at, created_at, sent_at)
        select gen_random_uuid(), 1, $1, 0, 'reply', '', $2::int, $3::boolean, $4, 'sent', now(), now(), now() - make_interval(days => $5::int) from generate_series(1, $6::int)
        """, line, segments, unicode, lang, days, messages);
}
