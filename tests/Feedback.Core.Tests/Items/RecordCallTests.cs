using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>What an operator writes down while he listens: one item of its own, coded and restricted like any other, closed in the call when the caller was told (A59).</summary>
public sealed class RecordCallTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[question|opening_hours|normal|0|es] a que hora abren", Unread = "nothing that the machine can read";
    private static int _number = 610000;
    private readonly Office _office = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..], _from = $"+5026{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;
    private Officer _operator = null!, _screener = null!, _officer = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("insert into channel_account (id, kind) values ('helpline', 'twilio-voice') on conflict do nothing; delete from circle_member; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _operator = await _office.HireAsync($"operator-{_run}", [Roles.Operator]);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        _screener = await _office.HireAsync($"Zuleika-{_run}", [Roles.Circle], ["check_first", "psea", "protection"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_call_is_stored_once_however_often_it_is_sent_and_its_code_is_the_items()
    {
        var click = Guid.CreateVersion7();
        var note = Note(Hours) with { Speaker = "host_community", SpeaksFor = "proxy", About = "our_service", Stay = "leaving_today" };
        var first = await _office.AskAsync(_operator, new RecordCall(note, click));
        var second = await _office.AskAsync(_operator, new RecordCall(note, click));
        await _pipeline.TriageAllAsync();

        second.ShouldBe(first);
        var item = await ItemAsync(first);
        (await database.ScalarAsync<string>("select concat_ws(' ', channel, lang, type, topics[1], circle_id, status, speaker, speaks_for, about, stay, person_id is null) from item where id = $1", item))
            .ShouldBe("call es question opening_hours 0 new host_community proxy our_service leaving_today t");
        (await database.ScalarAsync<long>("select count(*) from item where recorded_by = $1", _operator.Id)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from outbox where item_id = $1", item)).ShouldBe(0, "the code was read out");
    }

    [Fact]
    public async Task A_try_that_was_stored_after_it_was_given_up_is_found_again_and_one_with_other_words_is_a_second_record()
    {
        var (click, note) = (Guid.CreateVersion7(), Note(Hours) with { Consents = new Dictionary<string, string> { ["share"] = "no" }, Facts = new SpeakerFacts { Sex = "female" } });
        var first = await TryAsync(note);
        (await TryAsync(note)).Code.ShouldBe(first.Code, "the same words are stored once");
        CallNote[] changed = [note with { Text = new(Hours + " y domingo") }, note with { OwnAnswer = new("A las 8.") }, note with { Minor = "yes" }, note with { Consents = new Dictionary<string, string> { ["share"] = "with_name" } }, note with { Facts = new SpeakerFacts { Sex = "male" } }];
        var codes = new List<string> { first.Code };
        foreach (var one in changed)
            codes.Add((await TryAsync(one)).Code);
        codes.Distinct().Count().ShouldBe(1 + changed.Length);
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<long>("select count(*) from item where recorded_by = $1", _operator.Id)).ShouldBe(1 + changed.Length);

        // As after a refusal: of the click itself nothing was kept.
        async Task<RecordedCall> TryAsync(CallNote typed)
        {
            var recorded = await _office.AskAsync(_operator, new RecordCall(typed, click));
            await database.ExecuteAsync("delete from done where client_id = $1", click);
            return recorded;
        }
    }

    [Fact]
    public async Task Told_on_the_spot_closes_an_open_item_with_what_was_told_and_how()
    {
        var answer = await AnswerAsync("Abrimos de 8 a 16 horas.");
        var item = await ItemAsync(await RecordAsync(Note(Hours) with { End = RecordCall.Told, AnswerId = answer, AnswerApprovedAt = await ApprovedAtAsync(answer), OwnAnswer = new("El domingo no.") }));

        (await database.ScalarAsync<string>("select concat_ws(' ', status, loop_method, loop_closed_at is not null, resolved_at is not null, first_answer_at is not null, next_due_at is null) from item where id = $1", item))
            .ShouldBe("closed information_provided_immediately t t t t");
        (await database.ScalarAsync<string>("select text from message m join item i on i.resolution = m.id::text where i.id = $1", item)).ShouldBe("Abrimos de 8 a 16 horas.\nEl domingo no.");
        (await database.ScalarAsync<long>("select count(*) from clock where item_id = $1 and met_at is null", item)).ShouldBe(0);
        (await database.ScalarAsync<string>("select string_agg(what || ' ' || officer_id, ',' order by id) from item_event where item_id = $1", item)).ShouldBe($"told_on_the_spot {_operator.Id},closed {_operator.Id}");
        (await _office.AskAsync(_operator, new MyRecords())).Single().State.ShouldBe("done");
    }

    [Fact]
    public async Task What_has_to_be_checked_is_closed_by_the_check_and_shows_the_same_to_who_recorded_it()
    {
        var item = await ItemAsync(await RecordAsync(Note(Unread) with { End = RecordCall.Told, OwnAnswer = new("A las 8.") }));
        (await database.ScalarAsync<string>("select status || circle_id from item where id = $1", item)).ShouldBe("new1");
        (await _office.AskAsync(_operator, new MyRecords())).Single().State.ShouldBe("done");
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and text is not null", item)).ShouldBe(0, "sealed to the screeners");

        await _office.AskAsync(_screener, new DecideSensitivity(item, 0, "question", ["opening_hours"], "normal", [], null, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select concat_ws(' ', status, circle_id, loop_method, audience_id) from item where id = $1", item)).ShouldBe("closed 0 information_provided_immediately 1");
        (await database.ScalarAsync<string>("select text from message m join item i on i.resolution = m.id::text where i.id = $1", item)).ShouldBe("A las 8.");
        (await database.ScalarAsync<long>("select count(*) from clock where item_id = $1 and met_at is null", item)).ShouldBe(0);
    }

    [Theory]
    [InlineData("[request|water|critical|0|es] no hay agua y un hombre se desmaya")]
    [InlineData("[complaint|sea_staff_abuse|high|2|es] pide favores")]
    [InlineData("[request|health_care|high|1|es] mi hijo tiene fiebre")]
    public async Task Told_on_the_spot_never_closes_what_is_restricted_or_in_danger(string text)
    {
        var item = await ItemAsync(await RecordAsync(Note(text) with { End = RecordCall.Told, OwnAnswer = new("Vamos a ver.") }));
        (await LookAsync(item)).ShouldBe(ReceiptState.Done, "a code shows the same of what is restricted");
        (await database.ScalarAsync<string>("select status || (select count(*) > 0 from clock where item_id = $1 and met_at is null) from item where id = $1", item)).ShouldBe("newtrue");
        (await _office.AskAsync(_operator, new MyRecords())).Single().State.ShouldBe("done");
    }

    [Theory]
    [InlineData("[request|water|critical|0|es] no hay agua y un hombre se desmaya", "in_progress")]
    [InlineData("[request|water|critical|0|es] no hay agua y un hombre se desmaya", "referred")]
    [InlineData("[request|health_care|high|1|es] mi hijo tiene fiebre", "in_progress")]
    [InlineData("[complaint|sea_staff_abuse|high|2|es] pide favores", "referred")]
    [InlineData("nothing that the machine can read", "in_progress")]
    public async Task What_was_told_on_the_spot_stays_done_to_recorder_and_code_whoever_takes_it_on_until_the_person_speaks_again(string text, string status)
    {
        var recorded = await RecordAsync(Note(text) with { End = RecordCall.Told, OwnAnswer = new("Vamos a ver.") });
        var item = await ItemAsync(recorded);
        var circle = await database.ScalarAsync<short>("update item set status = $2 where id = $1 returning circle_id", item, status);
        if (circle == Circle.CheckFirst.Id)
        {
            await _office.AskAsync(_screener, new DecideSensitivity(item, 1, "request", ["health_care"], "high", [], null, Guid.CreateVersion7()));
            await database.ExecuteAsync("update item set status = $2 where id = $1", item, status);
        }
        (await StateAsync(recorded)).ShouldBe(("done", ReceiptState.Done));
        await database.ExecuteAsync("update receipt set created_at = now() - interval '100 days' where code = $1", recorded.Code);
        (await LookAsync(item)).ShouldBeNull("a code lives on with what is not done, and this is done to it");
        await database.ExecuteAsync("update receipt set created_at = now() where code = $1", recorded.Code);

        using (var desk = Desk())
            (await desk.AddAsync(recorded.Code, new PersonalText("[request|water|normal|0|es] todavia nada"), "once", "es", null, CancellationToken.None)).ShouldBe(ReceiptOutcome.Added);
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", item)).ShouldBe(2);
        (await StateAsync(recorded)).ShouldBe(("in_progress", ReceiptState.InWork));
        await database.ExecuteAsync("update item set status = 'new' where id = $1", item);
        (await StateAsync(recorded)).ShouldBe(("in_progress", ReceiptState.InWork), "as of an open item, which what was added has opened again");
    }

    [Fact]
    public async Task A_closed_item_of_which_the_machine_later_reads_more_stays_done_and_one_that_an_officer_opens_again_is_in_work()
    {
        var recorded = await RecordAsync(Note(Hours) with { End = RecordCall.Told, OwnAnswer = new("A las 8.") });
        var item = await ItemAsync(recorded);
        await database.ExecuteAsync("update item set status = 'in_progress', reopened = reopened + 1 where id = $1", item);
        (await StateAsync(recorded)).ShouldBe(("done", ReceiptState.Done));
        await database.ExecuteAsync("update item set status = 'closed' where id = $1", item);
        await _office.AskAsync(_officer, new ReopenItem(item, Guid.CreateVersion7()));
        (await StateAsync(recorded)).ShouldBe(("in_progress", ReceiptState.InWork));
    }

    [Fact]
    public async Task An_interrupted_call_is_kept_with_what_there_is_and_one_without_words_waits_for_its_check()
    {
        var some = await ItemAsync(await RecordAsync(Note("[incomplete|other|low|0|es] me llamo y") with { End = RecordCall.Interrupted }));
        var none = await ItemAsync(await RecordAsync(Note("") with { End = RecordCall.Interrupted }));
        foreach (var item in new[] { some, none })
            (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'call_interrupted' and officer_id = $2", item, _operator.Id)).ShouldBe(1);
        (await database.ScalarAsync<string>("select concat_ws(' ', circle_id, status) from item where id = $1", none)).ShouldBe("1 new");
        (await database.ScalarAsync<long>("select count(*) from clock where item_id = $1 and step in ('seen', 'check') and met_at is null", some)).ShouldBeGreaterThan(0, "somebody looks before it leaves the queue");
        (await _office.WrongFieldsAsync(_operator, new RecordCall(Note("  "), Guid.CreateVersion7()))).ShouldBe("text needed");
    }

    [Fact]
    public async Task A_confidential_call_goes_sealed_to_the_strictest_circle_and_leaves_no_other_trace_than_an_ordinary_one()
    {
        await RecordAsync(Note(Hours));
        var code = await RecordAsync(new CallNote(new("Llamar al 555 despues de las 6, decir que es la clinica"), "es", null) { Confidential = true, Consents = new Dictionary<string, string> { ["share"] = "no" } });
        var item = await ItemAsync(code);

        (await database.ScalarAsync<string>("select concat_ws(' ', i.circle_id, i.sensitivity, i.urgency, i.type, i.topics[1], m.kind, m.text is null, m.sealed is not null) from item i join message m on m.item_id = i.id where i.id = $1", item))
            .ShouldBe("5 2 high request other confidential t t");
        (await database.ScalarAsync<string>("select suggestion::text from item where id = $1", item)).ShouldNotContain("clinica");
        (await _office.AskAsync(_screener, new ItemDetail(item))).Timeline.First(t => t.Kind == "confidential").Text!.ShouldContain("clinica");
        foreach (var other in new[] { _officer, _operator })
            (await _office.RefusalAsync(other, new ItemDetail(item))).ShouldBe(other == _operator ? "not_allowed" : "item_not_found");

        var mine = await _office.AskAsync(_operator, new MyRecords());
        mine.Single(r => r.ReceiptCode == code.Code).ShouldSatisfyAllConditions(r => r.Text.ShouldBeNull(), r => r.State.ShouldBe("received"));
        (await database.ScalarAsync<long>("select count(distinct (act, item_id, audience_id, detail)) from audit where officer_id = $1", _operator.Id)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(distinct (request, result - 'code')) from done where officer_id = $1", _operator.Id)).ShouldBe(1);
    }

    [Fact]
    public async Task A_Host_that_knows_nothing_of_records_fails_to_read_one_and_takes_it_for_no_message()
    {
        var older = new JsonSerializerOptions(JsonSerializerOptions.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Forget } } };
        await _office.AskAsync(_operator, new RecordCall(new CallNote(new("Llamar al 555"), "es", null) { Confidential = true }, Guid.CreateVersion7()));
        var kept = TestDatabase.Keys.Open(await database.ScalarAsync<byte[]>("select sealed from inbox where account_id = 'calls'"), "event");
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<ChannelEvent>(kept, older));
        JsonSerializer.Deserialize<ChannelEvent>(kept, JsonSerializerOptions.Web).ShouldBeOfType<SpeechRecorded>().Recorded.Confidential.ShouldBeTrue();
        await _pipeline.TriageAllAsync();

        static void Forget(JsonTypeInfo type)
        {
            var known = type.PolymorphismOptions?.DerivedTypes;
            foreach (var recorded in known?.Where(d => d.TypeDiscriminator is "recorded").ToList() ?? [])
                known!.Remove(recorded);
        }
    }

    [Fact]
    public async Task A_wish_that_names_somebody_of_the_circle_does_not_come_before_him()
    {
        var chief = await _office.HireAsync($"Bernardina-{_run}", [Roles.Circle], ["psea"]);
        var item = await ItemAsync(await RecordAsync(new CallNote(new("Que no llame Zuleika"), "es", null) { Confidential = true }));
        (await _office.RefusalAsync(_screener, new ItemDetail(item))).ShouldBe("item_not_found");
        (await _office.AskAsync(chief, new ItemDetail(item))).Item.Id.ShouldBe(item);
    }

    [Fact]
    public async Task His_own_words_are_his_until_his_turn_ends()
    {
        await database.ExecuteAsync("insert into rota (team_id, officer_id, starts_at, ends_at) values (1, $1, now() - interval '1 hour', now() + interval '90 minutes')", _operator.Id);
        var item = await ItemAsync(await RecordAsync(Note(Hours)));
        (await database.ScalarAsync<bool>("select recorder_sees_until between now() + interval '80 minutes' and now() + interval '100 minutes' from item where id = $1", item)).ShouldBeTrue();
        (await _office.AskAsync(_operator, new MyRecords())).Single().Text.ShouldBe(Hours);
        await database.ExecuteAsync("update item set recorder_sees_until = now() where id = $1", item);
        (await _office.AskAsync(_operator, new MyRecords())).Single().Text.ShouldBeNull();
    }

    [Fact]
    public async Task Who_spoke_is_kept_with_the_open_item_sealed_with_a_circles_and_gone_when_it_is_made_anonymous()
    {
        var facts = new SpeakerFacts
        {
            Sex = "female", AgeBand = SpeakerFacts.NotSaid, Diversity = ["pregnant_lactating", "migrant"], Difficulty = new Dictionary<string, string> { ["walking"] = "a_lot", ["seeing"] = SpeakerFacts.NotSaid }, GroupSize = 4,
        };
        var open = await ItemAsync(await RecordAsync(Note(Hours) with { Facts = facts }));
        var restricted = await ItemAsync(await RecordAsync(Note(Unread) with { Facts = facts }));

        (await database.ScalarAsync<string>("select concat_ws(' ', sex, age_band, diversity, walking, seeing, hearing is null, group_size, sealed is null) from speaker where item_id = $1", open))
            .ShouldBe("female not_said {pregnant_lactating,migrant} a_lot not_said t 4 t");
        (await database.ScalarAsync<bool>("select sealed is not null and sex is null and diversity = '{}' and walking is null from speaker where item_id = $1", restricted)).ShouldBeTrue();
        Same((await _office.AskAsync(_officer, new ItemDetail(open))).Speaker, facts);
        Same((await _office.AskAsync(_screener, new ItemDetail(restricted))).Speaker, facts);

        await _office.AskAsync(_screener, new DecideSensitivity(restricted, 2, "complaint", ["sea_staff_abuse"], "high", [], null, Guid.CreateVersion7()));
        Same((await _office.AskAsync(_screener, new ItemDetail(restricted))).Speaker, facts);
        await _office.AskAsync(_screener, new DecideSensitivity(restricted, 0, "question", ["opening_hours"], "normal", [], "about hours", Guid.CreateVersion7()));
        Same((await _office.AskAsync(_officer, new ItemDetail(restricted))).Speaker, facts);

        await database.ExecuteAsync("update item set status = 'closed', recorded_at = now() - interval '800 days' where id = $1", open);
        await new Retention(database.Databases, TimeProvider.System).RunAsync(CancellationToken.None);
        (await database.ScalarAsync<long>("select count(*) from speaker where item_id = $1", open)).ShouldBe(0);
    }

    [Fact]
    public async Task A_child_is_marked_and_never_quoted_and_one_at_risk_is_restricted()
    {
        var child = await ItemAsync(await RecordAsync(Note(Hours) with { Facts = new SpeakerFacts { AgeBand = "13_17" }, Consents = new Dictionary<string, string> { ["quote"] = "yes" } }));
        (await database.ScalarAsync<string>("select concat_ws(' ', i.minor, c.kind, c.answer, c.person_id is null) from item i join consent c on c.item_id = i.id where i.id = $1", child)).ShouldBe("t quote no t");
        var risk = await ItemAsync(await RecordAsync(Note("[request|water|normal|0|es] hay un nino solo") with { Minor = "at_risk" }));
        (await database.ScalarAsync<short>("select sensitivity from item where id = $1", risk)).ShouldBe((short)1);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_the_name_of_the_field()
    {
        var wrong = Note(Hours) with
        {
            Speaker = "king",
            Stay = "forever",
            End = RecordCall.Told,
            Minor = "old",
            AnswerId = 987654,
            Call = Guid.CreateVersion7(),
            Consents = new Dictionary<string, string> { ["quote"] = "with_name" },
            Facts = new SpeakerFacts { Sex = "x", AgeBand = "y", Diversity = ["z"], Difficulty = new Dictionary<string, string> { ["seeing"] = "maybe" }, GroupSize = 1 },
        };
        (await _office.WrongFieldsAsync(_operator, new RecordCall(wrong with { Language = "xx", ServicePoint = "nowhere" }, Guid.CreateVersion7()))).ShouldBe(
            "call unknown, language unknown, service_point unknown, consents unknown, speaker unknown, stay unknown, minor unknown, answer unknown, own_answer answer_needed, sex unknown, age_band unknown, diversity unknown, difficulty unknown, group_size out_of_range");
        (await _office.RefusalAsync(await _office.HireAsync($"manager-{_run}", [Roles.Manager]), new RecordCall(Note(Hours), Guid.CreateVersion7()))).ShouldBe("not_allowed");
    }

    [Fact]
    public async Task Approved_answers_name_who_stands_for_them_and_are_at_hand_until_their_day()
    {
        var id = await AnswerAsync("Abrimos de 8 a 16 horas.");
        var desk = await _office.AskAsync(_operator, new CallDesk());
        desk.Answers.Single(a => a.Id == id).ShouldSatisfyAllConditions(a => a.ApprovedBy.ShouldBe($"officer-{_run}"), a => a.Topic.ShouldBe("opening_hours"));
        await database.ExecuteAsync("update approved_answer set valid_until = current_date - 2 where id = $1", id);
        (await _office.AskAsync(_operator, new CallDesk())).Answers.ShouldNotContain(a => a.Id == id);
        (await _office.AskAsync(_officer, new AnswerList())).Answers.ShouldContain(a => a.Id == id);

        (await _office.RefusalAsync(_operator, new SaveAnswer(null, "water", "es", null, "x", Today, Guid.CreateVersion7()))).ShouldBe("not_allowed");
        (await _office.WrongFieldsAsync(_officer, new SaveAnswer(null, "weather", "xx", "nowhere", " ", new DateOnly(2020, 1, 1), Guid.CreateVersion7()))).ShouldBe("topic unknown, lang unknown, service_point unknown, text needed, valid_until out_of_range");
        await _office.AskAsync(_officer, new RemoveAnswer(id, Guid.CreateVersion7()));
        (await _office.RefusalAsync(_officer, new RemoveAnswer(id, Guid.CreateVersion7()))).ShouldBe("answer_not_found");
    }

    [Fact]
    public async Task An_answer_that_was_changed_after_it_was_read_out_or_is_over_where_the_deployment_is_closes_nothing()
    {
        var id = await AnswerAsync("Abrimos de 8 a 16 horas.");
        var told = Note(Hours) with { End = RecordCall.Told, AnswerId = id, AnswerApprovedAt = await ApprovedAtAsync(id) };
        await _office.AskAsync(_officer, new SaveAnswer(id, "opening_hours", "es", null, "Cerrado hasta el lunes.", Today.AddDays(7), Guid.CreateVersion7()));
        (await _office.RefusalAsync(_operator, new RecordCall(told, Guid.CreateVersion7()))).ShouldBe("changed_meanwhile");
        (await _office.RefusalAsync(_operator, new RecordCall(told with { AnswerApprovedAt = null }, Guid.CreateVersion7()))).ShouldBe("changed_meanwhile");

        // The same moment is another day in another place: valid through it there, over here.
        var (ahead, behind) = (TimeZoneInfo.FindSystemTimeZoneById("Pacific/Kiritimati"), TimeZoneInfo.FindSystemTimeZoneById("Pacific/Niue"));
        var there = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), behind).DateTime);
        DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(TimeProvider.System.GetUtcNow(), ahead).DateTime).ShouldBeGreaterThan(there);
        await database.ExecuteAsync("update approved_answer set valid_until = $2 where id = $1", id, there);
        told = told with { AnswerApprovedAt = await ApprovedAtAsync(id) };
        await InAsync(ahead.Id);
        (await _office.WrongFieldsAsync(_operator, new RecordCall(told, Guid.CreateVersion7()))).ShouldBe("answer answer_over");
        (await database.ScalarAsync<long>("select count(*) from inbox where account_id = 'calls'")).ShouldBe(0);
        await InAsync(behind.Id);
        var item = await ItemAsync(await RecordAsync(told));
        (await database.ScalarAsync<string>("select i.status || ' ' || m.text from item i join message m on m.id::text = i.resolution where i.id = $1", item)).ShouldBe("closed Cerrado hasta el lunes.");
        await database.ExecuteAsync("delete from deployment where name = 'time_zone'");
        await _office.AskAsync(_officer, new RemoveAnswer(id, Guid.CreateVersion7()));

        Task InAsync(string zone) => database.ExecuteAsync("insert into deployment (name, value) values ('time_zone', $1) on conflict (name) do update set value = excluded.value", zone);
    }

    private static DateOnly Today => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().DateTime);

    private CallNote Note(string text) => new(new(text), "es", null);

    private Task<int> AnswerAsync(string text) => _office.AskAsync(_officer, new SaveAnswer(null, "opening_hours", "es", null, text, Today.AddDays(7), Guid.CreateVersion7()));

    private async Task<DateTimeOffset> ApprovedAtAsync(int answer) => (await _office.AskAsync(_operator, new AnswerList())).Answers.Single(a => a.Id == answer).ApprovedAt;

    private async Task<RecordedCall> RecordAsync(CallNote note)
    {
        var recorded = await _office.AskAsync(_operator, new RecordCall(note, Guid.CreateVersion7()));
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<long>("select count(*) from inbox")).ShouldBe(0, await database.ScalarAsync<string>("select coalesce(string_agg(error, ' '), '') from inbox"));
        return recorded;
    }

    private ReceiptDesk Desk() => new(database.Databases, TestDatabase.Keys, _pipeline.Inbox, TimeProvider.System);

    private async Task<ReceiptState?> LookAsync(Guid item)
    {
        using var desk = Desk();
        return (await desk.LookAsync(await database.ScalarAsync<string>("select receipt_code from item where id = $1", item), null, CancellationToken.None)).Status?.State;
    }

    // To who recorded it, and to who holds its code.
    private async Task<(string Recorder, ReceiptState? Code)> StateAsync(RecordedCall recorded) =>
        ((await _office.AskAsync(_operator, new MyRecords())).Single(r => r.ReceiptCode == recorded.Code).State, await LookAsync(await ItemAsync(recorded)));

    private Task<Guid> ItemAsync(RecordedCall recorded) => database.ScalarAsync<Guid>("select id from item where receipt_code = $1", recorded.Code);

    private static void Same(SpeakerFacts? kept, SpeakerFacts said)
    {
        kept.ShouldNotBeNull();
        (kept.Sex, kept.AgeBand, kept.GroupSize).ShouldBe((said.Sex, said.AgeBand, said.GroupSize));
        kept.Diversity.ShouldBe(said.Diversity);
        kept.Difficulty.OrderBy(d => d.Key).ShouldBe(said.Difficulty.OrderBy(d => d.Key));
    }
}
