using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>Each call leaves one record, however its parts are told; three silent ones of a number within a day are one restricted item (S19).</summary>
public sealed class CallTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 400000, _call;
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private Pipeline _pipeline = null!;
    private readonly string _from = $"+5025{Interlocked.Increment(ref _number)}";

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, _clock);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from inbox; delete from phone_call; insert into channel_account (id, kind) values ('helpline', 'twilio-voice') on conflict do nothing");
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task A_hang_up_leaves_one_record_and_no_item()
    {
        await SilentCallAsync();

        (await CallsAsync()).ShouldBe(1);
        (await database.ScalarAsync<bool>("select ended_at is not null and outcome is null and item_id is null from phone_call")).ShouldBeTrue();
        (await ItemsAsync()).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(0, "nothing is left in progress");
    }

    [Fact]
    public async Task A_call_whose_end_is_never_told_is_over_after_the_longest_that_one_can_be()
    {
        await TellAsync(Stage("CAx1", CallStage.Began));
        await PassAsync(TimeSpan.FromHours(1));
        (await database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(1);
        await PassAsync(TimeSpan.FromHours(4));
        (await database.ScalarAsync<bool>("select ended_at is not null from phone_call")).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(0);
    }

    [Fact]
    public async Task Three_silent_calls_of_one_number_within_a_day_are_one_restricted_item()
    {
        await SilentCallAsync();
        await PassAsync(TimeSpan.FromHours(10));
        await SilentCallAsync();
        (await ItemsAsync()).ShouldBe(0);
        await PassAsync(TimeSpan.FromHours(10));
        await SilentCallAsync();

        (await ItemsAsync()).ShouldBe(1);
        (await database.ScalarAsync<string>("select i.circle_id || i.type || i.urgency || i.sensitivity || i.checked || i.channel from item i join person p on p.id = i.person_id join address a on a.person_id = p.id where a.hash = $1", Hash))
            .ShouldBe("1incompletehigh1falsetwilio-voice");
        (await database.ScalarAsync<string>("select what || detail::text from item_event where what = 'silent_calls'")).ShouldBe("""silent_calls{"calls": 3}""");
        (await database.ScalarAsync<string>("select string_agg(step, ' ') from clock c join phone_call p on p.item_id = c.item_id where p.began_at = (select max(began_at) from phone_call)")).ShouldBe("check");
        (await database.ScalarAsync<long>("select count(*) from phone_call where item_id is not null")).ShouldBe(3);
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = (select person_id from phone_call limit 1)")).ShouldBe(0, "nobody is called back unasked");

        await SilentCallAsync();
        (await ItemsAsync()).ShouldBe(1, "further ones of the day are of the same item");
        (await database.ScalarAsync<long>("select count(*) from item_event where what = 'silent_calls'")).ShouldBe(2, "and stand on it");

        await database.ExecuteAsync("update item set status = 'closed' where id in (select item_id from phone_call)");
        await SilentCallAsync();
        await SilentCallAsync();
        (await ItemsAsync()).ShouldBe(1);
        await SilentCallAsync();
        (await ItemsAsync()).ShouldBe(2, "who goes on calling after it was closed is looked at anew");
    }

    [Fact]
    public async Task Three_silent_calls_over_two_days_are_none()
    {
        for (var i = 0; i < 3; i++)
        {
            await SilentCallAsync();
            await PassAsync(TimeSpan.FromHours(13));
        }
        (await ItemsAsync()).ShouldBe(0);
        (await CallsAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task Silent_calls_of_withheld_numbers_are_counted_one_by_one_and_never_as_one_person()
    {
        var people = await database.ScalarAsync<long>("select count(*) from person");
        for (var i = 0; i < 4; i++)
            await SilentCallAsync(withheld: true);
        (await database.ScalarAsync<long>("select count(*) from phone_call where person_id is null and ended_at is not null")).ShouldBe(4);
        (await database.ScalarAsync<long>("select count(*) from phone_call where item_id is not null")).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from person")).ShouldBe(people);
    }

    [Fact]
    public async Task A_talk_with_an_operator_is_no_silent_call()
    {
        for (var i = 0; i < 3; i++)
        {
            var call = NewCall();
            await TellAsync(Stage(call, CallStage.Began));
            await TellAsync(Stage(call, CallStage.Answered), Stage(call, CallStage.Ended));
            await PassAsync(TimeSpan.FromMinutes(1));
        }
        (await database.ScalarAsync<long>("select count(*) from phone_call where outcome = 'answered' and ended_at is not null")).ShouldBe(3);
        (await ItemsAsync()).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(0);
    }

    public static TheoryData<string> Orders => ["began said ended", "began ended said", "said began ended", "ended said began", "said ended began", "ended began said", "began said said ended ended began", "said", "began said"];

    [Theory, MemberData(nameof(Orders))]
    public async Task What_was_said_is_one_message_of_one_call_in_whatever_order_its_parts_come(string order)
    {
        var call = NewCall();
        foreach (var part in order.Split(' '))
            await TellAsync(part == "said" ? Said(call) : Stage(call, part == "began" ? CallStage.Began : CallStage.Ended));
        await PassAsync(TimeSpan.FromMinutes(6));

        (await CallsAsync()).ShouldBe(1);
        (await database.ScalarAsync<string>("select outcome from phone_call")).ShouldBe("message");
        (await ItemsAsync()).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from message m join phone_call c on c.item_id = m.item_id where direction = 'in'")).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(0);
    }

    [Fact]
    public async Task What_comes_late_of_a_call_that_seemed_silent_takes_it_out_of_the_count()
    {
        await SilentCallAsync();
        var call = NewCall();
        await TellAsync(Stage(call, CallStage.Began), Stage(call, CallStage.Ended));
        await PassAsync(TimeSpan.FromMinutes(1));
        await TellAsync(Said(call));
        await SilentCallAsync();
        (await database.ScalarAsync<long>("select count(*) from item_event where what = 'silent_calls' and at > $1", _clock.GetUtcNow().AddHours(-1).UtcDateTime)).ShouldBe(0);
        (await CallsAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task A_recording_waits_for_its_check_and_is_acknowledged_in_the_call_alone()
    {
        var call = NewCall();
        var receipt = await TellAsync(Said(call));

        (await database.ScalarAsync<string>("select circle_id || type || lang || receipt_code from item where id = $1", receipt.MessageId)).ShouldBe($"1incompletees{receipt.Code}");
        (await database.ScalarAsync<long>("select count(*) from outbox where item_id = $1", receipt.MessageId)).ShouldBe(0);
        (await database.ScalarAsync<bool>("select text is null and sealed is not null from message where id = $1", receipt.MessageId)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_wish_to_be_called_back_is_a_request_with_its_consent()
    {
        var call = NewCall();
        var wish = Said(call) with { ExternalId = call + " callback", Fields = new Dictionary<string, string> { ["wants"] = "call_back" } };
        var receipt = await TellAsync(wish);
        (await TellAsync(wish)).Code.ShouldBe(receipt.Code);

        (await database.ScalarAsync<string>("select type || circle_id from item where id = $1", receipt.MessageId)).ShouldBe("request1");
        (await database.ScalarAsync<string>("select kind || answer from consent c join item i using (person_id) where i.id = $1", receipt.MessageId)).ShouldBe("contact_backyes");
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'call_back_asked'", receipt.MessageId)).ShouldBe(1);
    }

    [Fact]
    public async Task A_recording_that_the_provider_lost_is_told_on_its_item()
    {
        var receipt = await TellAsync(Said(NewCall()) with { Fields = new Dictionary<string, string> { ["recording"] = "failed" } });
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'recording_lost'", receipt.MessageId)).ShouldBe(1);
    }

    [Fact]
    public async Task Ids_and_numbers_of_calls_stand_nowhere_readable()
    {
        var call = NewCall();
        await TellAsync(Stage(call, CallStage.Began), Said(call), Stage(call, CallStage.Ended));
        await PassAsync(TimeSpan.FromMinutes(1));
        foreach (var table in new[] { "phone_call", "inbox", "item", "message", "item_event", "person", "address", "seen", "raw_call", "receipt" })
        {
            var rows = await database.ScalarAsync<string>($"select coalesce(string_agg(t::text, ' '), '') from {table} t");
            rows.ShouldNotContain(call);
            rows.ShouldNotContain(_from.TrimStart('+'));
            rows.ShouldNotContain(Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(_from)));
        }
    }

    [Fact]
    public async Task A_record_of_a_call_is_gone_after_three_months()
    {
        await SilentCallAsync();
        _clock.Advance(TimeSpan.FromDays(91));
        await new Retention(database.Databases, _clock).RunAsync(CancellationToken.None);
        (await CallsAsync()).ShouldBe(0);
    }

    private byte[] Hash => TestDatabase.Keys.Hash("tel", _from);

    private static string NewCall() => $"CA{Interlocked.Increment(ref _call):x32}";

    private CallReported Stage(string call, CallStage stage, bool withheld = false) => new() { ExternalId = $"{call} {stage}", Call = call, Stage = stage, From = withheld ? null : new ContactAddress("tel", _from) };

    private MessageReceived Said(string call) => new()
    {
        ExternalId = "RE" + call[2..], Call = call, From = new ContactAddress("tel", _from), StatedLanguage = "es", Acknowledged = true, Media = [new ReceivedMedia($"https://api.twilio.com/RE{call[2..]}.mp3", "audio/mpeg", null, "voice")],
    };

    private async Task SilentCallAsync(bool withheld = false)
    {
        var call = NewCall();
        await TellAsync(Stage(call, CallStage.Began, withheld));
        await TellAsync(Stage(call, CallStage.Ended, withheld));
        await PassAsync(TimeSpan.FromSeconds(20));
    }

    private async Task<Receipt> TellAsync(params ChannelEvent[] events)
    {
        var receipts = new List<Receipt>();
        foreach (var happened in events)
            receipts.AddRange(await _pipeline.Inbox.StoreAsync("helpline", [happened], "raw"u8.ToArray(), CancellationToken.None));
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<long>("select count(*) from inbox where error is not null")).ShouldBe(0, await database.ScalarAsync<string>("select coalesce(max(error), '') from inbox"));
        return receipts[0];
    }

    // Time goes by, and what waits looks again.
    private async Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        for (var i = 0; i < 2; i++)
        {
            await database.ExecuteAsync("update inbox set due_at = now()");
            await _pipeline.TriageAllAsync();
        }
    }

    private Task<long> CallsAsync() => database.ScalarAsync<long>("select count(*) from phone_call");

    private Task<long> ItemsAsync() => database.ScalarAsync<long>("select count(*) from item i join address a using (person_id) where a.hash = $1", Hash);
}
