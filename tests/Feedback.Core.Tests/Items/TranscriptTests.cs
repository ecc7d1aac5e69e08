using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

public sealed class TranscriptTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano, marca-de-prueba";
    private static int _number = 500000;
    private readonly Office _office = new(database);
    private Pipeline _pipeline = null!;
    private Officer _screener = null!, _officer = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("insert into channel_account (id, kind) values ('helpline', 'twilio-voice') on conflict do nothing; delete from count_change; delete from circle_member; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        var run = Guid.CreateVersion7().ToString("N")[20..];
        _screener = await _office.HireAsync($"Zuleika-{run}", [Roles.Circle], ["check_first", "protection"]);
        _officer = await _office.HireAsync($"officer-{run}", [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_typed_transcript_is_kept_sealed_beside_its_recording_and_codes_the_item()
    {
        var item = await RecordedAsync();
        await TypeAsync(_screener, item, Hours);

        (await database.ScalarAsync<string>("select type || topics[1] || circle_id || status from item where id = $1", item)).ShouldBe("suggestionopening_hours1new");
        (await database.ScalarAsync<bool>("select text is null and sealed is not null and author_id = $2 and person_id is null and account_id is null from message where item_id = $1 and kind = 'transcript'", item, _screener.Id)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select sum(n) from count_change where channel = 'twilio-voice' and topic = 'opening_hours'")).ShouldBe(1);
        (await database.ScalarAsync<long>("select coalesce(sum(n), 0) from count_change where channel = 'twilio-voice' and topic = 'other'")).ShouldBe(0);
        var view = await _office.AskAsync(_screener, new ItemDetail(item));
        view.Timeline.Where(t => t.MessageId is not null).Select(t => (t.Kind, t.Text, t.Replaced)).ShouldBe([("message", "", false), ("transcript", Hours, false)]);
        view.Timeline.Last(t => t.Kind == "transcript").Of.ShouldBe(item);
        (await _office.RefusalAsync(_officer, new TypeTranscript(item, item, new PersonalText("x"), Guid.CreateVersion7()))).ShouldBe("item_not_found");
    }

    [Fact]
    public async Task Once_passed_as_open_the_transcript_is_what_is_listed_searched_and_answered()
    {
        var item = await RecordedAsync();
        await TypeAsync(_screener, item, Hours);
        await PassAsync(item);

        (await _office.AskAsync(_officer, new ItemList(new ItemFilter { View = "open", Query = "marca-de-prueba" }))).Rows.Single(r => r.Id == item).Excerpt.ShouldBe(Hours);
        (await database.ScalarAsync<string>("select text from message where item_id = $1 and kind = 'transcript'", item)).ShouldBe(Hours);
        var view = await _office.AskAsync(_officer, new ItemDetail(item));
        (view.CanReply, view.CanCall).ShouldBe((false, false)); // the line is not known to this office
    }

    [Fact]
    public async Task Typed_again_the_later_one_counts()
    {
        var item = await RecordedAsync();
        await TypeAsync(_screener, item, "[suggestion|opening_hours|normal|0|es] primero");
        await TypeAsync(_screener, item, "[suggestion|opening_hours|normal|0|es] segundo");
        (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.Where(t => t.Kind == "transcript").Select(t => (t.Text![^7..], t.Replaced)).ShouldBe([("primero", true), ("segundo", false)]);
        (await _office.AskAsync(_screener, new ItemList(new ItemFilter { View = "check_first" }))).Rows.Single(r => r.Id == item).Excerpt!.ShouldEndWith("segundo");
    }

    [Fact]
    public async Task What_is_heard_may_raise_an_open_item_and_never_lowers_one()
    {
        var item = await RecordedAsync();
        await PassAsync(item);
        await TypeAsync(_officer, item, "[incident_report|violence_against_people|high|1|es] me pegan");
        (await database.ScalarAsync<string>("select circle_id || ' ' || sensitivity from item where id = $1", item)).ShouldBe("3 1");
        (await _office.RefusalAsync(_officer, new ItemDetail(item))).ShouldBe("item_not_found"); // out of his sight
        (await database.ScalarAsync<long>("select count(*) from open_search where item_id = $1", item)).ShouldBe(0);

        var other = await RecordedAsync();
        await TypeAsync(_screener, other, Hours);
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", other)).ShouldBe((short)1); // it still waits for a person
    }

    [Fact]
    public async Task Whom_a_transcript_names_no_longer_sees_what_waits_for_its_check()
    {
        var named = await _office.HireAsync("Bernardina", [Roles.Circle], ["check_first"]);
        var item = await RecordedAsync();
        (await _office.AskAsync(named, new ItemDetail(item))).Item.Id.ShouldBe(item);
        await TypeAsync(_screener, item, "[complaint|staff_attitude|normal|0|es] Bernardina me grita");

        (await _office.RefusalAsync(named, new ItemDetail(item))).ShouldBe("item_not_found");
        (await _office.AskAsync(_screener, new ItemDetail(item))).Item.Checked.ShouldBeFalse();
        (await database.ScalarAsync<string>("select string_agg(step, ' ') from clock where item_id = $1 and met_at is null", item)).ShouldBe("check");
    }

    [Fact]
    public async Task Only_a_message_of_the_item_can_be_typed_and_nothing_empty()
    {
        var (item, other) = (await RecordedAsync(), await RecordedAsync());
        (await _office.RefusalAsync(_screener, new TypeTranscript(item, other, new PersonalText("x"), Guid.CreateVersion7()))).ShouldBe("nothing_to_transcribe");
        (await _office.RefusalAsync(_screener, new TypeTranscript(item, item, new PersonalText("  "), Guid.CreateVersion7()))).ShouldBe("text_empty");
        (await _office.RefusalAsync(_screener, new TypeTranscript(item, item, new PersonalText(new string('x', 16_001)), Guid.CreateVersion7()))).ShouldBe("text_too_long");
        var click = Guid.CreateVersion7();
        await _office.AskAsync(_screener, new TypeTranscript(item, item, new PersonalText(Hours), click));
        await _office.AskAsync(_screener, new TypeTranscript(item, item, new PersonalText(Hours), click));
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and kind = 'transcript'", item)).ShouldBe(1);
    }

    [Fact]
    public async Task A_call_back_that_reached_the_person_answers_the_item_and_one_that_did_not_does_not()
    {
        var item = await RecordedAsync();
        await PassAsync(item);
        await _office.AskAsync(_officer, new RecordCallBack(item, "no_answer", default, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select status || (first_answer_at is null) from item where id = $1", item)).ShouldBe("in_progresstrue");
        await _office.AskAsync(_officer, new RecordCallBack(item, "reached", new PersonalText("quiere saber la hora"), Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select first_answer_at is not null from item where id = $1", item)).ShouldBeTrue();
        (await database.ScalarAsync<string>("select string_agg(step, ' ') from clock where item_id = $1 and met_at is null", item)).ShouldBe("close");
        (await database.ScalarAsync<string>("select string_agg(what, ' ' order by id) from item_event where item_id = $1 and what like 'called%'", item)).ShouldBe("called_no_answer called_reached");
        (await database.ScalarAsync<string>("select direction || kind || text from message where item_id = $1 and kind = 'call'", item)).ShouldBe("notecallquiere saber la hora");
        (await _office.RefusalAsync(_officer, new RecordCallBack(item, "perhaps", default, Guid.CreateVersion7()))).ShouldBe("unknown_code");

        var unsafeItem = await RecordedAsync();
        (await _office.RefusalAsync(_screener, new RecordCallBack(unsafeItem, "reached", default, Guid.CreateVersion7()))).ShouldBe("safe_contact_needed");
    }

    private async Task<Guid> RecordedAsync()
    {
        var id = Guid.CreateVersion7().ToString("N");
        var receipts = await _pipeline.Inbox.StoreAsync("helpline",
            [new MessageReceived { ExternalId = "RE" + id, Call = "CA" + id, From = new ContactAddress("tel", $"+5027{Interlocked.Increment(ref _number)}"), StatedLanguage = "es", Acknowledged = true, Media = [new ReceivedMedia("https://x/" + id, "audio/mpeg", null, "voice")] }], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();
        return receipts[0].MessageId;
    }

    private Task<Guid> TypeAsync(Officer officer, Guid item, string text) => _office.AskAsync(officer, new TypeTranscript(item, item, new PersonalText(text), Guid.CreateVersion7()));

    private Task<bool> PassAsync(Guid item) => _office.AskAsync(_screener, new DecideSensitivity(item, 0, "suggestion", ["opening_hours"], "normal", [], "about hours", Guid.CreateVersion7()));
}
