using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Safeguarding;

/// <summary>What a circle wrote about an item stays the circle's, whatever becomes of the item; and of class 2 the database holds nothing that can be read.</summary>
public sealed class LoweringTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Abuse = "[complaint|sea_staff_abuse|high|2|es] uno de ustedes pide favores";
    private static int _number = 910000;
    private readonly Office _office = new(database, null, new Dictionary<string, string?> { ["Channels:win:Kind"] = "windowed" }, new WindowedChannel());
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..];
    private Pipeline _pipeline = null!;
    private Officer _officer = null!, _focal = null!, _supervisor = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox; delete from circle_member; delete from circle");
        await Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _pipeline = new Pipeline(database, null, new WindowedChannel());
        await _pipeline.SetUpAsync();
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        _supervisor = await _office.HireAsync($"supervisor-{_run}", [Roles.Supervisor, Roles.Administrator]);
        _focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea", "integrity"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task What_the_circle_noted_did_and_coded_shows_to_nobody_else_when_an_item_is_opened()
    {
        var item = await SayAsync(Abuse);
        await _office.AskAsync(_focal, new AddNote(item, new PersonalText("spoke with her sister"), Guid.CreateVersion7()));
        await _office.AskAsync(_focal, new ReferItem(item, "the shelter by the river", true, null, Guid.CreateVersion7()));
        await LowerAsync(item);

        var open = await _office.AskAsync(_officer, new ItemDetail(item));
        open.Timeline.Select(t => t.Kind).Distinct().Order().ShouldBe(["ack", "message"]);
        open.Clocks.ShouldNotContain(c => c.Step.StartsWith("refer", StringComparison.Ordinal));
        open.ReferredTo.ShouldBeNull();
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and text like '%sister%'", item)).ShouldBe(0); // sealed as before
        var inside = await _office.AskAsync(_focal, new ItemDetail(item));
        inside.Timeline.ShouldContain(t => t.Text == "spoke with her sister");
        inside.Timeline.ShouldContain(t => t.Kind == "codes");
        inside.Timeline.ShouldContain(t => t.Text == "a mistake of the machine");

        // Should it rise again, they come along only for who could read them.
        await _office.AskAsync(_officer, new CorrectCodes(item, "complaint", ["protection_violence"], "high", null, Guid.CreateVersion7()));
        (await database.ScalarAsync<long>("select count(distinct audience_id) from message where item_id = $1", item)).ShouldBe(2);
    }

    [Fact]
    public async Task A_looser_circle_of_the_same_class_takes_a_reason()
    {
        var item = await SayAsync(Abuse);
        var move = new DecideSensitivity(item, 2, "complaint", ["fraud_corruption"], "high", [], null, Guid.CreateVersion7());
        (await _office.RefusalAsync(_focal, move)).ShouldBe("reason_needed");
        var unscreening = _focal with { Rights = new HashSet<Right>(_focal.Rights.Except([Right.Screen])) };
        (await _office.RefusalAsync(unscreening, move with { Reason = "it is about money", ClientId = Guid.CreateVersion7() })).ShouldBe("only_cleared_lowers");
        await _office.AskAsync(_focal, move with { Reason = "it is about money", ClientId = Guid.CreateVersion7() });
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", item)).ShouldBe((short)6);
    }

    [Fact]
    public async Task Audit_rows_of_what_is_or_was_restricted_stay_inside_the_circle()
    {
        var lowered = await SayAsync(Abuse);
        await LowerAsync(lowered);
        var raised = await SayAsync("[suggestion|opening_hours|normal|0|es] abran mas temprano", _from + "1");
        await _office.AskAsync(_officer, new AddNote(raised, new PersonalText("x"), Guid.CreateVersion7()));
        (await SeenAsync(_supervisor, nameof(AddNote))).ShouldContain(raised);
        await _office.AskAsync(_officer, new CorrectCodes(raised, "complaint", ["sea_staff_abuse"], "high", null, Guid.CreateVersion7()));

        (await SeenAsync(_supervisor, nameof(DecideSensitivity))).ShouldNotContain(lowered);
        (await SeenAsync(_supervisor, nameof(AddNote))).ShouldNotContain(raised);
        var inside = _focal with { Rights = _supervisor.Rights };
        (await SeenAsync(inside, nameof(DecideSensitivity))).ShouldContain(lowered);
        (await SeenAsync(inside, nameof(AddNote))).ShouldContain(raised); // who had read it
    }

    [Fact]
    public async Task Reasons_referrals_and_how_to_contact_safely_are_sealed_with_the_text()
    {
        var item = await SayAsync(Abuse);
        await _office.AskAsync(_focal, new ReferItem(item, "secret-shelter", false, null, Guid.CreateVersion7()));
        await _office.AskAsync(_focal, new RecordSafeContact(item, "call", "00:00-00:00", "secret-words", Guid.CreateVersion7()));
        await _office.AskAsync(_focal, new RevealAddress(item, "secret-errand", Guid.CreateVersion7()));
        await _office.AskAsync(_focal, new DecideSensitivity(item, 2, "complaint", ["fraud_corruption"], "high", [], "secret-reason", Guid.CreateVersion7()));
        foreach (var table in await database.ScalarAsync<string[]>("select array_agg(relname::text) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"))
            (await database.ScalarAsync<long>($"select count(*) from {table} t where t::text like '%secret-%'")).ShouldBe(0, table);

        var view = await _office.AskAsync(_focal, new ItemDetail(item));
        view.ReferredTo.ShouldBe("secret-shelter");
        view.SafeContacts.Single().Opening.ShouldBe("secret-words");
        foreach (var text in new[] { "secret-reason", "secret-errand" })
            view.Timeline.ShouldContain(t => t.Text == text);
    }

    [Fact]
    public async Task What_officers_wrote_goes_with_the_text_after_two_years()
    {
        var item = await SayAsync("[suggestion|opening_hours|normal|0|es] abran mas temprano");
        await _office.AskAsync(_officer, new RevealAddress(item, "old-errand", Guid.CreateVersion7()));
        await _office.AskAsync(_officer, new ReferItem(item, "old-shelter", false, null, Guid.CreateVersion7()));
        await _office.AskAsync(_supervisor with { Rights = _focal.Rights }, new DecideSensitivity(item, 0, "suggestion", ["opening_hours"], "normal", [], "old-reason", Guid.CreateVersion7()));
        await database.ExecuteAsync("insert into code_change (item_id, audience_id, at, after, reason) values ($1, 1, now(), '{}', 'old-fashioned')", item);
        await database.ExecuteAsync("update item set status = 'closed', recorded_at = recorded_at - interval '25 months' where id = $1", item);
        (await HeldAsync("old-")).ShouldBeGreaterThan(0);
        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
        (await HeldAsync("old-")).ShouldBe(0);
    }

    private async Task<long> HeldAsync(string word)
    {
        var found = 0L;
        foreach (var table in await database.ScalarAsync<string[]>("select array_agg(relname::text) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"))
            found += await database.ScalarAsync<long>($"select count(*) from {table} t where t::text like '%{word}%'");
        return found;
    }

    private async Task<IReadOnlyList<Guid?>> SeenAsync(Officer who, string act) => [.. (await _office.AskAsync(who, new AuditList(act, null, null, null, null, null))).Entries.Select(e => e.ItemId)];

    private Task<bool> LowerAsync(Guid item) => _office.AskAsync(_focal, new DecideSensitivity(item, 0, "complaint", ["opening_hours"], "normal", [], "a mistake of the machine", Guid.CreateVersion7()));

    private async Task<Guid> SayAsync(string text, string? from = null) => (await _pipeline.SayAsync(from ?? _from, text, "win")).MessageId;
}
