using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>At night nobody is told anything that can wait; who asked is answered at any hour.</summary>
public sealed class TellingHoursTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Node = "here", Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano";
    private static int _number = 100000;
    private readonly ManualClock _clock = new(Night);
    private Pipeline _pipeline = null!;

    // A night of the last days, so that what is due by this clock is due by the server's as well.
    private static DateTimeOffset Night => new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero).AddDays(-2).AddHours(22);

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox; insert into deployment (name, value) values ('time_zone', 'UTC') on conflict (name) do update set value = excluded.value; update deployment set value = '08:00-20:00' where name = 'telling_hours'");
        _pipeline = new Pipeline(database, _clock, new PaperChannel("twilio-sms"));
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("update channel_account set sender_node = null, sender_until = null");
        (await _pipeline.Outbox.TakeAccountAsync("line", Node, CancellationToken.None)).ShouldBeTrue();
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task Surveys_and_tellings_wait_for_the_morning_and_all_else_goes_out()
    {
        foreach (var (lane, purpose) in new[] { (3, "notice"), (2, "survey"), (1, "ack"), (0, "escalation"), (0, "reply") })
            await QueueAsync(lane, purpose);
        (await AllAsync()).ShouldBe(["ack", "escalation", "reply"], ignoreOrder: true);
        (await _pipeline.Outbox.AccountsWithDueAsync(CancellationToken.None)).ShouldBeEmpty("what waits for the morning keeps nobody busy");
        (await WaitingAsync()).ShouldBe("notice due 0, survey due 0");

        _clock.Advance(TimeSpan.FromHours(10));
        (await _pipeline.Outbox.AccountsWithDueAsync(CancellationToken.None)).ShouldBe(["line"]);
        (await AllAsync()).ShouldBe(["survey", "notice"]);
    }

    [Fact]
    public async Task Where_nobody_has_said_in_which_time_zone_the_deployment_lies_nothing_waits()
    {
        await database.ExecuteAsync("delete from deployment where name = 'time_zone'");
        await QueueAsync(2, "survey");
        (await AllAsync()).ShouldBe(["survey"]);
    }

    [Fact]
    public async Task What_is_tried_again_waits_as_well()
    {
        _clock.Advance(TimeSpan.FromHours(-2.001));
        await QueueAsync(2, "survey");
        var claim = (await ClaimAsync())!;
        await _pipeline.Outbox.FailedAsync(claim, "line", SendFailure.NotReached, "network", null, CancellationToken.None);
        _clock.Advance(TimeSpan.FromMinutes(5));
        (await ClaimAsync()).ShouldBeNull();
        (await WaitingAsync()).ShouldBe("survey due 1");

        _clock.Advance(TimeSpan.FromHours(12));
        (await ClaimAsync())!.Id.ShouldBe(claim.Id);
    }

    [Fact]
    public async Task Hours_that_were_recorded_as_safe_are_stronger_by_night_and_by_day()
    {
        await QueueAsync(0, "reply", "now() + interval '1 hour'");
        (await ClaimAsync())!.Purpose.ShouldBe("reply");
        await QueueAsync(3, "notice", "now() - interval '1 hour'");
        (await ClaimAsync()).ShouldBeNull();

        _clock.Advance(TimeSpan.FromHours(11));
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state || ' ' || error_code from outbox where purpose = 'notice'")).ShouldBe("failed outside_safe_hours");
    }

    [Fact]
    public async Task At_night_nobody_is_asked_whether_it_helped_and_in_the_morning_he_is()
    {
        var item = (await _pipeline.SayAsync(Number(), Hours)).MessageId;
        await database.ExecuteAsync("update item set status = 'closed', checked = true where id = $1", item);
        await database.ExecuteAsync("insert into survey (item_id, person_id, audience_id, due_at) select id, person_id, 1, $2 from item where id = $1", item, Night.UtcDateTime);
        var surveys = new SurveyRound(database.Databases, TestDatabase.Keys, _clock);
        (await surveys.RunAsync(CancellationToken.None)).ShouldBe(0);
        _clock.Advance(TimeSpan.FromHours(10));
        (await surveys.RunAsync(CancellationToken.None)).ShouldBe(1);
    }

    [Fact]
    public async Task The_item_says_until_when_its_survey_waits_and_a_held_one_looks_the_same()
    {
        await using var office = new Office(database, _clock, null, new PaperChannel("twilio-sms"));
        var officer = await office.HireAsync($"officer-{Guid.CreateVersion7():N}", [Roles.Officer]);
        var item = (await _pipeline.SayAsync(Number(), Hours)).MessageId;
        await SurveyAsync(item);
        (await DeliveryAsync()).ShouldBe(("due", Night.Date.AddDays(1).AddHours(8)));
        await database.ExecuteAsync("update outbox set state = 'held' where item_id = $1 and purpose = 'survey'", item);
        (await DeliveryAsync()).ShouldBe(("due", Night.Date.AddDays(1).AddHours(8)));

        _clock.Advance(TimeSpan.FromHours(10));
        (await DeliveryAsync()).ShouldBe(("due", null));

        async Task<(string, DateTime?)> DeliveryAsync()
        {
            var shown = (await office.AskAsync(officer, new ItemDetail(item))).Timeline.Single(e => e.Kind == "survey").Delivery!;
            return (shown.State, shown.WaitsUntil?.UtcDateTime);
        }
    }

    [Fact]
    public async Task A_survey_that_failed_and_is_sent_again_at_night_waits_too()
    {
        await using var office = new Office(database, _clock, null, new PaperChannel("twilio-sms"));
        var officer = await office.HireAsync($"officer-{Guid.CreateVersion7():N}", [Roles.Officer]);
        var item = (await _pipeline.SayAsync(Number(), Hours)).MessageId;
        await SurveyAsync(item);
        var failed = await database.ScalarAsync<Guid>("update outbox set state = 'failed', error_code = 'refused' where item_id = $1 and purpose = 'survey' returning id", item);
        await database.ExecuteAsync("delete from outbox where purpose = 'ack'");
        await office.AskAsync(officer, new SettleSending(item, failed, true, Guid.CreateVersion7()));
        (await ClaimAsync()).ShouldBeNull();
        _clock.Advance(TimeSpan.FromHours(10));
        (await ClaimAsync())!.Purpose.ShouldBe("survey");
    }

    [Theory]
    [InlineData("08:00-20:00", "Africa/Nairobi", "2026-05-01T04:59:00Z", false), InlineData("08:00-20:00", "Africa/Nairobi", "2026-05-01T05:00:00Z", true), InlineData("08:00-20:00", "Africa/Nairobi", "2026-05-01T17:00:00Z", false)]
    [InlineData("08:00-20:00", "Europe/Madrid", "2026-03-28T06:30:00Z", false), InlineData("08:00-20:00", "Europe/Madrid", "2026-03-29T06:30:00Z", true), InlineData("08:00-20:00", "Europe/Madrid", "2026-10-25T06:30:00Z", false)] // clocks go forward, and back
    [InlineData("02:30-20:00", "Europe/Madrid", "2026-03-29T01:15:00Z", false), InlineData("02:30-20:00", "Europe/Madrid", "2026-03-29T01:30:00Z", true)] // there is no half past two
    [InlineData("20:00-08:00", "UTC", "2026-05-01T03:00:00Z", true), InlineData("20:00-08:00", "UTC", "2026-05-01T12:00:00Z", false), InlineData("00:00-00:00", "UTC", "2026-05-01T03:00:00Z", true), InlineData("20:00-08:00", null, "2026-05-01T12:00:00Z", true)]
    [InlineData(null, "UTC", "2026-05-01T07:59:59Z", false), InlineData(null, null, "2026-05-01T03:00:00Z", true), InlineData("never", "Nowhere/At_all", "2026-05-01T08:00:00Z", true)]
    public void Hours_are_those_of_the_clock_on_the_wall(string? hours, string? zone, string now, bool open) =>
        TellingHours.Of(hours, zone).IsOpen(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(open);

    [Theory]
    [InlineData("2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"), InlineData("2026-10-24T21:00:00Z", "2026-10-25T07:00:00Z"), InlineData("2026-10-25T12:00:00Z", "2026-10-25T12:00:00Z")]
    public void The_morning_comes_when_the_clock_says_so(string now, string opens) =>
        TellingHours.Of("08:00-20:00", "Europe/Madrid").OpensAt(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture)).UtcDateTime.ShouldBe(DateTimeOffset.Parse(opens, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime);

    private static string Number() => $"+5024{Interlocked.Increment(ref _number)}";

    private async Task QueueAsync(int lane, string purpose, string notAfter = "null")
    {
        await QueuedTellings.QueueAsync(database.ConnectionString, TestDatabase.Keys, "line", 1, Number(), 9);
        await database.ExecuteAsync($"update outbox set lane = {lane}, purpose = '{purpose}', due_at = now() - interval '1 minute', not_after = {notAfter} where lane = 9");
    }

    private Task SurveyAsync(Guid item) => database.ExecuteAsync("""
        with said as (insert into message (id, item_id, person_id, audience_id, direction, kind, account_id, lang, at, recorded_at, text) select gen_random_uuid(), id, person_id, 1, 'out', 'survey', 'line', 'es', now(), now(), 'Caso' from item where id = $1 returning id, item_id, person_id)
        insert into outbox (id, message_id, item_id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at) select id, id, item_id, 1, person_id, 'line', 2, 'survey', $2, 'due', $3, $3 from said
        """, item, TestDatabase.Keys.Seal("Caso: ¿resuelto?", "outbox"), Night.UtcDateTime);

    private Task<OutboxClaim?> ClaimAsync() => _pipeline.Outbox.ClaimAsync("line", Node, [], new PaperChannel().Traits, CancellationToken.None);

    private async Task<List<string>> AllAsync()
    {
        var purposes = new List<string>();
        while (await ClaimAsync() is { } claim)
            purposes.Add(claim.Purpose);
        return purposes;
    }

    private Task<string> WaitingAsync() => database.ScalarAsync<string>("select string_agg(purpose || ' ' || state || ' ' || attempt, ', ' order by purpose) from outbox where lane >= 2");
}
