using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>The service answers by itself; at the other end may be a machine that does too.</summary>
public sealed class AutomaticAnswerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Line = "desk";
    private static readonly PaperChannel Desk = new("desk-paper", new() { AddressSpace = "tel", MaxLength = 1000 }, []);
    private static int _number = 200000;
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}";
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly Office _office = new(database, null, new Dictionary<string, string?> { ["Channels:desk:Kind"] = "desk-paper" }, Desk);
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, _clock);
        await _pipeline.SetUpAsync();
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task Two_machines_that_answer_each_other_fall_silent_within_the_hour_and_the_officer_is_told_and_still_answers()
    {
        var item = (await _pipeline.SayAsync(_from, "[complaint|water|normal|0|en] no water", Line)).MessageId;
        var exchanges = await ExchangeAsync(_ => "INFO");
        exchanges.ShouldBe(Triage.MostAutomatic);
        await _pipeline.SayAsync(_from, "INFO", Line);
        await _pipeline.Inbox.StoreAsync(Line, [new MessageReceived { ExternalId = "language", From = new ContactAddress("tel", _from), Text = new PersonalText("LANGUAGE") }], "raw"u8.ToArray(), CancellationToken.None);
        (await _pipeline.Triage.RunAsync(CancellationToken.None)).Quieted.ShouldBe(1);
        (await AnswersAsync()).ShouldBe(Triage.MostAutomatic);
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'answers_paused'", item)).ShouldBe(1);

        var officer = await _office.HireAsync($"officer-{_from[1..]}", [Roles.Officer]);
        (await _office.AskAsync(officer, new ItemDetail(item))).Timeline.ShouldContain(t => t.Kind == "event" && t.Text == "answers_paused");
        await _office.AskAsync(officer, new ReplyToItem(item, new PersonalText("The tank is full again."), false, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select state from outbox where item_id = $1 and purpose = 'reply'", item)).ShouldBe("due");

        _clock.Advance(Triage.AutomaticWithin + TimeSpan.FromMinutes(1));
        await _pipeline.SayAsync(_from, "INFO", Line);
        (await AnswersAsync()).ShouldBe(Triage.MostAutomatic + 1);
    }

    [Fact]
    public async Task A_machine_that_answers_each_text_by_a_new_one_gets_one_acknowledgement()
    {
        await _pipeline.SayAsync(_from, "[request|other|normal|0|en] we are out of office, case 1", Line);
        (await ExchangeAsync(n => $"[request|other|normal|0|en] we are out of office, case {n + 1}")).ShouldBe(1);
    }

    [Fact]
    public async Task Whoever_has_heard_enough_still_stops()
    {
        await ExchangeAsync(_ => "INFO", begins: true);
        await _pipeline.SayAsync(_from, "STOP", Line);
        (await database.ScalarAsync<long>("select count(*) from opt_out where hash = $1", TestDatabase.Keys.Hash("tel", _from))).ShouldBe(1);
        (await AnswersAsync()).ShouldBe(Triage.MostAutomatic + 1, "that it was done is said");
    }

    [Theory]
    [InlineData("[incident_report|child_protection|critical|1|en] my child is missing", "ack"), InlineData("X", "ack"), InlineData("ERASE", "word")]
    public async Task Whoever_has_heard_enough_still_gets_the_code_of_a_new_item_and_is_asked_before_he_is_erased(string says, string purpose)
    {
        await ExchangeAsync(_ => "INFO", begins: true);
        await _pipeline.SayAsync(_from, says, Line);
        (await AnswersAsync()).ShouldBe(Triage.MostAutomatic + 1);
        (await database.ScalarAsync<string>("select o.purpose from outbox o join address a using (person_id) where a.hash = $1 order by o.created_at desc, o.id desc limit 1", TestDatabase.Keys.Hash("tel", _from))).ShouldBe(purpose);
    }

    // The machine at the other end answers whatever we have sent by then, until nothing more comes; how many texts of ours it had.
    private async Task<int> ExchangeAsync(Func<int, string> says, bool begins = false)
    {
        if (begins)
            await _pipeline.SayAsync(_from, says(0), Line);
        for (var heard = 0; heard < 100;)
        {
            var sent = (int)await AnswersAsync();
            if (sent == heard)
                return heard;
            heard = sent;
            _clock.Advance(TimeSpan.FromSeconds(20));
            await _pipeline.SayAsync(_from, says(heard), Line);
        }
        throw new InvalidOperationException("they talk for ever");
    }

    private Task<long> AnswersAsync() => database.ScalarAsync<long>("select count(*) from outbox o join address a using (person_id) where a.hash = $1 and o.purpose <> 'reply'", TestDatabase.Keys.Hash("tel", _from));
}
