using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>Who complains about how he was answered is answered by somebody else (S4).</summary>
public sealed class HandlingTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", NoAnswer = "[complaint|information_language|normal|0|es] nadie me contesta";
    private static int _number = 920000;
    private readonly Office _office = new(database);
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..];
    private Pipeline _pipeline = null!;
    private Officer _handler = null!, _colleague = null!;
    private Guid _item;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from team_member; delete from circle_member; delete from circle; update officer set active = false");
        await Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        _handler = await _office.HireAsync($"handler-{_run}", [Roles.Officer]);
        _colleague = await _office.HireAsync($"colleague-{_run}", [Roles.Officer]);
        await database.ExecuteAsync("insert into team_member (team_id, officer_id) select 1, id from officer where active");
        _item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        await _office.AskAsync(_colleague, new AssignItem(_item, 1, _handler.Id, Guid.CreateVersion7()));
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)] // days: long after an ordinary message would have joined
    public async Task A_complaint_about_no_answer_is_an_item_of_its_own_for_somebody_else(int days)
    {
        await database.ExecuteAsync("update item set last_message_at = last_message_at - make_interval(days => $2) where id = $1", _item, days);
        var complaint = (await _pipeline.SayAsync(_from, NoAnswer)).MessageId;
        (await database.ScalarAsync<string>("select circle_id || ' ' || (linked_item_id = $2) || ' ' || assignee_id from item where id = $1", complaint, _item)).ShouldBe($"0 true {_colleague.Id}");

        (await _office.RefusalAsync(_colleague, new AssignItem(complaint, 1, _handler.Id, Guid.CreateVersion7()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new ResolveItem(complaint, new PersonalText("all is well"), Guid.CreateVersion7()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new CloseItem(complaint, null, "no_contact", Guid.CreateVersion7()))).ShouldBe("not_the_handler");
        await _office.AskAsync(_colleague, new ResolveItem(complaint, new PersonalText("answered"), Guid.CreateVersion7()));
    }

    [Fact]
    public async Task Whom_it_complains_of_does_nothing_to_it_but_look_and_note()
    {
        var complaint = (await _pipeline.SayAsync(_from, NoAnswer)).MessageId;
        static Guid New() => Guid.CreateVersion7();
        (await _office.RefusalAsync(_handler, new RevealAddress(complaint, "call_back", New()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new CorrectCodes(complaint, "praise", ["other"], "low", null, New()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new AssignItem(complaint, 1, _colleague.Id, New()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new DecideSensitivity(complaint, 2, "complaint", ["staff_conduct"], "high", [], null, New()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new RecordConsent(complaint, "share", "with_name", New()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new ReplyToItem(complaint, new PersonalText("x"), false, New()))).ShouldBe("not_the_handler");
        (await _office.RefusalAsync(_handler, new ReopenItem(complaint, New()))).ShouldBe("not_the_handler");
        await _office.AskAsync(_handler, new AddNote(complaint, new PersonalText("what I know of it"), New()));

        (await _office.AskAsync(_handler, new SeeItem(complaint, New()))).ShouldBeFalse();
        (await database.ScalarAsync<bool>("select seen_at is null from item where id = $1", complaint)).ShouldBeTrue("his look is nobody's");
        (await _office.AskAsync(_colleague, new SeeItem(complaint, New()))).ShouldBeTrue();
    }

    [Fact]
    public async Task A_complaint_in_several_messages_is_one_item_until_somebody_answers_it()
    {
        var complaint = (await _pipeline.SayAsync(_from, NoAnswer)).MessageId;
        await _pipeline.SayAsync(_from, "[complaint|information_language|normal|0|es] llevo dos dias esperando");
        await database.ExecuteAsync("update item set last_message_at = now() - interval '5 days' where id = $1", complaint);
        await _pipeline.SayAsync(_from, "[complaint|information_language|normal|0|es] nadie responde");
        (await database.ScalarAsync<string>("select count(distinct i.id) || ' ' || count(*) from message m join item i on i.id = m.item_id where i.handler_before_id is not null and m.direction = 'in' and i.person_id = (select person_id from item where id = $1)", complaint)).ShouldBe("1 3");

        await database.ExecuteAsync("update item set first_answer_at = now() where id = $1", complaint);
        var next = (await _pipeline.SayAsync(_from, NoAnswer)).MessageId;
        (await database.ScalarAsync<bool>("select handler_before_id = $2 from item where id = $1", next, _colleague.Id)).ShouldBeTrue("now it is about who answered");
    }

    [Fact]
    public async Task Any_other_message_joins_and_stays_with_who_handles_it()
    {
        await _pipeline.SayAsync(_from, "[complaint|water|normal|0|es] no hay agua");
        (await database.ScalarAsync<string>("select count(*) || ' ' || min(assignee_id) from item where person_id = (select person_id from item where id = $1)", _item)).ShouldBe($"1 {_handler.Id}");
    }

    [Theory]
    [InlineData("survey")]
    [InlineData("complaint")]
    public async Task What_is_reopened_by_a_no_or_a_complaint_goes_to_somebody_else(string by)
    {
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = now(), loop_closed_at = now() where id = $1", _item);
        if (by == "survey")
            await database.ExecuteAsync("insert into survey (item_id, person_id, audience_id, due_at, asked_at) select id, person_id, 1, now(), now() from item where id = $1", _item);
        await _pipeline.SayAsync(_from, by == "survey" ? "no" : "[complaint|opening_hours|normal|0|es] sigue cerrado");
        (await database.ScalarAsync<string>("select status || ' ' || assignee_id from item where id = $1", _item)).ShouldBe($"in_progress {_colleague.Id}");
    }

    [Fact]
    public async Task What_is_reopened_by_a_question_stays_with_who_knows_it()
    {
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = now(), loop_closed_at = now() where id = $1", _item);
        await _pipeline.SayAsync(_from, "[question|opening_hours|normal|0|es] y el domingo?");
        (await database.ScalarAsync<string>("select status || ' ' || assignee_id from item where id = $1", _item)).ShouldBe($"in_progress {_handler.Id}");
    }

    [Fact]
    public async Task With_nobody_else_in_the_team_a_supervisor_gets_it_and_else_nobody()
    {
        await database.ExecuteAsync("delete from team_member where officer_id = $1", _colleague.Id);
        var supervisor = await _office.HireAsync($"supervisor-{_run}", [Roles.Supervisor]);
        var first = (await _pipeline.SayAsync(_from, NoAnswer)).MessageId;
        (await database.ScalarAsync<int>("select assignee_id from item where id = $1", first)).ShouldBe(supervisor.Id);

        await database.ExecuteAsync("update officer set active = false where id = $1", supervisor.Id);
        await database.ExecuteAsync("update item set status = 'closed', person_id = null where id = $1", first);
        var second = (await _pipeline.SayAsync(_from, NoAnswer)).MessageId;
        (await database.ScalarAsync<bool>("select assignee_id is null and handler_before_id = $2 from item where id = $1", second, _handler.Id)).ShouldBeTrue();
    }

    [Fact]
    public async Task In_a_circle_the_handler_does_not_see_it()
    {
        var focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea", "integrity", "check_first"]);
        var other = await _office.HireAsync($"other-{_run}", [Roles.Circle], ["psea", "integrity", "check_first"]);
        await using var pipeline = new Pipeline(database); // one that knows them
        var from = _from + "7";
        var first = (await pipeline.SayAsync(from, "[complaint|sea_staff_abuse|high|2|es] pide favores")).MessageId;
        await _office.AskAsync(other, new AssignItem(first, 1, focal.Id, Guid.CreateVersion7()));

        var joined = (await pipeline.SayAsync(from, NoAnswer)).MessageId; // would have joined the circle's item
        var rude = (await pipeline.SayAsync(from, "[complaint|staff_conduct|high|2|es] me grita quien me atiende")).MessageId;
        var checkedLater = (await pipeline.SayAsync(from, "nothing that the machine can read")).MessageId;
        await _office.AskAsync(other, new DecideSensitivity(checkedLater, 2, "complaint", ["staff_conduct"], "high", [], null, Guid.CreateVersion7()));
        foreach (var id in new[] { joined, rude, checkedLater })
        {
            (await _office.AskAsync(other, new ItemDetail(id))).Item.CircleId.ShouldBe(id == joined ? (short)5 : (short)6);
            (await _office.RefusalAsync(focal, new ItemDetail(id))).ShouldBe("item_not_found");
        }
    }

    [Fact]
    public async Task What_is_added_by_code_about_a_circles_item_goes_to_the_circle()
    {
        var focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea", "integrity", "check_first"]);
        var other = await _office.HireAsync($"other-{_run}", [Roles.Circle], ["psea", "integrity", "check_first"]);
        await using var pipeline = new Pipeline(database);
        var from = _from + "8";
        var open = await pipeline.SayAsync(from, Hours); // the only code that the person is told
        var held = (await pipeline.SayAsync(from, "[complaint|sea_staff_abuse|high|2|es] pide favores")).MessageId;
        await _office.AskAsync(other, new AssignItem(held, 1, focal.Id, Guid.CreateVersion7()));

        using var desk = new ReceiptDesk(database.Databases, TestDatabase.Keys, pipeline.Inbox, TimeProvider.System);
        (await desk.AddAsync(open.Code!, new PersonalText(NoAnswer), "once", "es", null, CancellationToken.None)).ShouldBe(ReceiptOutcome.Added);
        await pipeline.TriageAllAsync();
        var added = await database.ScalarAsync<Guid>("select id from item where channel = 'web' and person_id = (select person_id from item where id = $1)", held);
        (await database.ScalarAsync<string>("select circle_id || ' ' || (handler_before_id = $2) from item where id = $1", added, focal.Id)).ShouldBe("5 true");
        (await _office.RefusalAsync(focal, new ItemDetail(added))).ShouldBe("item_not_found");
    }

    [Fact]
    public async Task An_item_that_is_opened_names_no_handler_of_a_circles_item()
    {
        var focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea"]);
        var chief = await _office.HireAsync($"chief-{_run}", [Roles.Circle], ["psea"]);
        var screener = await _office.HireAsync($"screener-{_run}", [Roles.Circle, Roles.Officer], ["check_first"]);
        await using var pipeline = new Pipeline(database);
        var from = _from + "9";
        var held = (await pipeline.SayAsync(from, "[complaint|sea_staff_abuse|high|2|es] pide favores")).MessageId;
        await _office.AskAsync(chief, new AssignItem(held, 1, focal.Id, Guid.CreateVersion7()));
        var later = (await pipeline.SayAsync(from, "nothing that the machine can read")).MessageId;

        await _office.AskAsync(screener, new DecideSensitivity(later, 0, "complaint", ["information_language"], "normal", [], "checked", Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select circle_id = 0 and handler_before_id is null and assignee_id is null from item where id = $1", later)).ShouldBeTrue();
    }
}
