using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Safeguarding;

/// <summary>A message may reach somebody else's hands: who may send one to a person with something restricted, by which line, at which hours (S8).</summary>
public sealed class ContactTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Abuse = "[complaint|sea_staff_abuse|high|2|es] uno de ustedes pide favores", Line = "win", Always = "00:00-00:00", ByCall = "call";
    private static readonly Dictionary<string, string?> Settings = new() { ["Channels:win:Kind"] = "windowed" };
    private static int _number = 900000;
    private readonly WindowedChannel _channel = new();
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..];
    private Office _office = null!;
    private Pipeline _pipeline = null!;
    private Officer _officer = null!, _focal = null!, _named = null!, _health = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox; delete from circle_member; delete from circle");
        await Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _pipeline = new Pipeline(database, null, _channel);
        await _pipeline.SetUpAsync();
        _office = new Office(database, null, Settings, _channel);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        _focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea"]);
        _named = await _office.HireAsync($"Quetzal{_run}", [Roles.Circle], ["psea", "health"]);
        _health = await _office.HireAsync($"medic-{_run}", [Roles.Circle], ["health"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task One_record_of_safe_contact_frees_nobody_who_is_not_cleared()
    {
        var open = await SayAsync(Hours);
        var restricted = await SayAsync(Abuse);
        await RecordAsync(restricted);
        (await _office.RefusalAsync(_officer, Reply(open))).ShouldBe("contact_by_supervisor");
        (await _office.RefusalAsync(_health, Reply(open))).ShouldBe("contact_by_supervisor"); // of another circle
        (await database.ScalarAsync<long>("select count(*) from outbox where purpose = 'reply'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_cleared_person_answers_by_the_recorded_line_only()
    {
        var open = await SayAsync(Hours);
        var restricted = await SayAsync(Abuse);
        (await _office.RefusalAsync(_focal, Reply(restricted))).ShouldBe("safe_contact_needed");
        await RecordAsync(restricted, ByCall);
        (await _office.RefusalAsync(_focal, Reply(restricted))).ShouldBe("safe_contact_needed");
        (await _office.RefusalAsync(_focal, Reply(open))).ShouldBe("safe_contact_needed");

        await RecordAsync(restricted);
        await _office.AskAsync(_focal, Reply(restricted, "uno"));
        (await ReplyAsync()).ShouldBe("uno");
        await _office.AskAsync(_focal, Reply(open, "dos"));
        (await ReplyAsync()).ShouldBe("dos");
    }

    [Fact]
    public async Task Outside_the_recorded_hours_an_answer_waits_for_them_and_goes_out_in_none_but_them()
    {
        var restricted = await SayAsync(Abuse);
        var now = TimeProvider.System.GetUtcNow();
        await RecordAsync(restricted, hours: $"{now.AddHours(2):HH:mm}-{now.AddHours(4):HH:mm}");
        await _office.AskAsync(_focal, Reply(restricted));
        (await database.ScalarAsync<bool>("select due_at > now() + interval '118 minutes' and due_at < now() + interval '121 minutes' and not_after < due_at + interval '121 minutes' from outbox where purpose = 'reply'")).ShouldBeTrue();
        (await _office.RefusalAsync(_focal, new RevealAddress(restricted, "to call", Guid.CreateVersion7()))).ShouldBe("safe_contact_needed"); // the record is of another way

        await database.ExecuteAsync("update outbox set due_at = now() - interval '3 hours', not_after = now() - interval '1 hour' where purpose = 'reply'"); // the line was away
        (await ReplyAsync()).ShouldBeNull();
        (await database.ScalarAsync<string>("select state || ' ' || error_code from outbox where purpose = 'reply'")).ShouldBe("failed outside_safe_hours");
    }

    [Fact]
    public async Task What_an_officer_had_written_before_goes_out_only_when_a_cleared_person_sends_it()
    {
        var open = await SayAsync(Hours);
        await _office.AskAsync(_officer, Reply(open));
        var restricted = await SayAsync(Abuse);
        await RecordAsync(restricted);
        (await ReplyAsync()).ShouldBeNull();
        var sending = await database.ScalarAsync<Guid>("select id from outbox where purpose = 'reply'");
        (await _office.RefusalAsync(_officer, new SettleSending(open, sending, true, Guid.CreateVersion7()))).ShouldBe("not_in_doubt"); // it looks like any other that waits
        (await StateAsync(_officer)).ShouldBe("due");
        (await StateAsync(_focal)).ShouldBe("held");
        (await _office.AskAsync(_focal, new ItemDetail(restricted))).HeldOnNumber.ShouldBe(1);

        await _office.AskAsync(_focal, new SettleSending(open, sending, true, Guid.CreateVersion7()));
        (await ReplyAsync()).ShouldBe("x");

        async Task<string> StateAsync(Officer who) => (await _office.AskAsync(who, new ItemDetail(open))).Timeline.Single(t => t.Kind == "reply").Delivery!.State;
    }

    [Fact]
    public async Task The_number_is_shown_and_calls_are_recorded_under_the_same_guard()
    {
        var open = await SayAsync(Hours);
        var restricted = await SayAsync(Abuse);
        await RecordAsync(restricted);
        (await _office.RefusalAsync(_officer, new RevealAddress(open, "to call", Guid.CreateVersion7()))).ShouldBe("contact_by_supervisor");
        (await _office.RefusalAsync(_officer, new RecordCallBack(open, "reached", new PersonalText(""), Guid.CreateVersion7()))).ShouldBe("contact_by_supervisor");
        (await _office.RefusalAsync(_focal, new RevealAddress(open, "to call", Guid.CreateVersion7()))).ShouldBe("safe_contact_needed");
        await RecordAsync(restricted, ByCall);
        (await _office.AskAsync(_focal, new RevealAddress(open, "to call", Guid.CreateVersion7()))).Value.ShouldBe(_from);
        await _office.AskAsync(_focal, new RecordCallBack(open, "reached", new PersonalText(""), Guid.CreateVersion7()));
    }

    [Fact]
    public async Task Who_asked_for_quiet_meets_the_same_refusal_so_that_it_tells_nothing()
    {
        var open = await SayAsync(Hours);
        await _office.AskAsync(_officer, Reply(open));
        await SayAsync("alto", isItem: false);
        (await _office.RefusalAsync(_officer, Reply(open))).ShouldBe("contact_by_supervisor");
        (await _office.RefusalAsync(_officer, new RevealAddress(open, "to call", Guid.CreateVersion7()))).ShouldBe("contact_by_supervisor");
    }

    [Fact]
    public async Task A_member_whom_it_may_be_about_is_as_little_cleared_as_anybody()
    {
        var open = await SayAsync(Hours);
        var restricted = await SayAsync($"{Abuse} Quetzal{_run}");
        (await _office.RefusalAsync(_named, new ItemDetail(restricted))).ShouldBe("item_not_found");
        (await _office.RefusalAsync(_named, Reply(open))).ShouldBe("contact_by_supervisor");
    }

    [Fact]
    public async Task A_number_whose_item_was_lowered_stays_with_the_circle_that_had_it()
    {
        var restricted = await SayAsync(Abuse);
        await RecordAsync(restricted);
        await _office.AskAsync(_focal, new DecideSensitivity(restricted, 0, "complaint", ["opening_hours"], "normal", [], "a mistake of the machine", Guid.CreateVersion7()));
        (await _office.RefusalAsync(_officer, Reply(restricted))).ShouldBe("contact_by_supervisor");
        await _office.AskAsync(_focal, Reply(restricted, "tres"));
        (await ReplyAsync()).ShouldBe("tres");
    }

    [Fact]
    public async Task An_answer_that_failed_outside_the_safe_hours_of_a_guarded_number_does_not_say_so_on_an_open_item()
    {
        var open = await SayAsync(Hours);
        var restricted = await SayAsync(Abuse);
        await RecordAsync(restricted);
        await _office.AskAsync(_focal, Reply(open));
        await database.ExecuteAsync("update outbox set not_after = now() - interval '1 hour' where purpose = 'reply'");
        (await ReplyAsync()).ShouldBeNull();
        (await WhyAsync(_focal)).ShouldBe("outside_safe_hours");
        (await WhyAsync(_officer)).ShouldBe("refused");

        async Task<string?> WhyAsync(Officer who) => (await _office.AskAsync(who, new ItemDetail(open))).Timeline.Single(t => t.Kind == "reply").Delivery!.ErrorCode;
    }

    [Fact]
    public async Task An_answer_that_was_taken_back_is_still_owed()
    {
        var restricted = await SayAsync("[request|health_care|high|1|es] necesito mi medicina");
        await _office.AskAsync(_health, new RecordSafeContact(restricted, Line, Always, "", Guid.CreateVersion7()));
        await _office.AskAsync(_health, Reply(restricted));
        (await MetAsync()).ShouldBeTrue();
        await SayAsync(Abuse); // of another circle: what waits for the number is nobody's any more
        (await database.ScalarAsync<string>("select state || (released_by is null) from outbox where purpose = 'reply'")).ShouldBe("heldtrue");
        (await MetAsync()).ShouldBeFalse();
        (await database.ScalarAsync<bool>("select next_due_at is not null from item where id = $1", restricted)).ShouldBeTrue();

        Task<bool> MetAsync() => database.ScalarAsync<bool>("select met_at is not null from clock where item_id = $1 and step = 'answer'", restricted);
    }

    [Theory, InlineData("not_after = now() - interval '1 hour'", "failed"), InlineData("released_by = null", "held")]
    public async Task A_long_answer_whose_first_part_does_not_go_out_is_still_owed(string change, string state)
    {
        var restricted = await SayAsync("[request|health_care|high|1|es] necesito mi medicina");
        await _office.AskAsync(_health, new RecordSafeContact(restricted, Line, Always, "", Guid.CreateVersion7()));
        await _office.AskAsync(_health, Reply(restricted));
        await database.ExecuteAsync("insert into outbox (id, message_id, item_id, audience_id, person_id, account_id, lane, purpose, body, segments, state, due_at, created_at, part, released_by, not_after) select gen_random_uuid(), message_id, item_id, audience_id, person_id, account_id, lane, purpose, body, segments, state, due_at, created_at, 1, released_by, not_after from outbox where purpose = 'reply'");
        await database.ExecuteAsync($"update outbox set {change} where purpose = 'reply'");
        (await ReplyAsync()).ShouldBeNull();
        (await database.ScalarAsync<string>("select string_agg(state, ' ' order by part) from outbox where purpose = 'reply'")).ShouldBe($"{state} due");
        (await database.ScalarAsync<bool>("select met_at is null from clock where item_id = $1 and step = 'answer'", restricted)).ShouldBeTrue();
    }

    [Fact]
    public async Task Two_who_send_a_held_answer_at_once_send_it_once()
    {
        var open = await SayAsync(Hours);
        await _office.AskAsync(_officer, Reply(open));
        await RecordAsync(await SayAsync(Abuse));
        (await ReplyAsync()).ShouldBeNull();
        var sending = await database.ScalarAsync<Guid>("select id from outbox where purpose = 'reply'");
        async Task<string> SendAsync()
        {
            try
            {
                await _office.AskAsync(_focal, new SettleSending(open, sending, true, Guid.CreateVersion7()));
                return "sent";
            }
            catch (RuleException refused)
            {
                return refused.Code;
            }
        }
        (await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(SendAsync)))).Order().ShouldBe(["not_in_doubt", "not_in_doubt", "not_in_doubt", "not_in_doubt", "not_in_doubt", "sent"]);
        (await database.ScalarAsync<long>("select count(*) from outbox where purpose = 'reply' and state = 'due'")).ShouldBe(1);
    }

    [Fact]
    public async Task What_a_cleared_person_sends_waits_when_something_unchecked_was_said_since()
    {
        var restricted = await SayAsync(Abuse);
        await RecordAsync(restricted);
        await _office.AskAsync(_focal, Reply(restricted, "uno"));
        await SayAsync("nothing that the machine can read");
        (await ReplyAsync()).ShouldBeNull();
        (await database.ScalarAsync<string>("select state from outbox where purpose = 'reply'")).ShouldBe("held");
    }

    private async Task<Guid> SayAsync(string text, bool isItem = true)
    {
        var id = (await _pipeline.SayAsync(_from, text, Line)).MessageId;
        return isItem ? await database.ScalarAsync<Guid>("select item_id from message where id = $1", id) : id;
    }

    private static ReplyToItem Reply(Guid item, string text = "x") => new(item, new PersonalText(text), false, Guid.CreateVersion7());

    private Task<bool> RecordAsync(Guid item, string channel = Line, string hours = Always) => _office.AskAsync(_focal, new RecordSafeContact(item, channel, hours, "De parte de la biblioteca", Guid.CreateVersion7()));

    // The text of the next reply that goes out; null: it was settled without.
    private async Task<string?> ReplyAsync()
    {
        await database.ExecuteAsync("update outbox set state = 'sent' where purpose <> 'reply' or state = 'sending'");
        (await _pipeline.Outbox.TakeAccountAsync(Line, "here", CancellationToken.None)).ShouldBeTrue();
        return (await _pipeline.Outbox.ClaimAsync(Line, "here", [], _channel.Traits, CancellationToken.None))?.Text?.Value;
    }
}
