using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>What a person says after an officer has looked stands in a list as unread, and is due, until somebody has read it.</summary>
public sealed class UnreadTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Thanks = "[praise|other|low|0|es] gracias", Line = "desk";
    private static readonly PaperChannel Desk = new("desk-paper", new() { AddressSpace = "tel", MaxLength = 1000 }, []);
    private static int _number = 710000;
    private readonly string _from = $"+5027{Interlocked.Increment(ref _number)}";
    private readonly Office _office = new(database, null, new Dictionary<string, string?> { ["Channels:desk:Kind"] = "desk-paper" }, Desk);
    private Pipeline _pipeline = null!;
    private Officer _officer = null!, _screener = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await database.ExecuteAsync("delete from circle_member; delete from circle");
        await Cea.Feedback.Storage.Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _officer = await _office.HireAsync($"officer-{_from[1..]}", [Roles.Officer]);
        _screener = await _office.HireAsync($"screener-{_from[1..]}", [Roles.Circle], ["check_first", "protection"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task What_is_said_on_an_answered_item_is_unread_and_due_until_the_item_is_opened()
    {
        var item = await AnsweredAsync();
        (await UnmetAsync(item)).ShouldBe("close");
        await SayAsync("[complaint|water|normal|0|es] y no hay agua");
        (await UnmetAsync(item)).ShouldBe("answer close seen");
        (await RowAsync(item)).ShouldNotBeNull().SeenAt.ShouldBeNull("it is marked like a new one");
        (await database.ScalarAsync<bool>("select seen_at is not null from item where id = $1", item)).ShouldBeTrue("when it was first seen stays known");

        var shown = await ShowAsync(item);
        shown.IsUnseen.ShouldBeTrue();
        await SayAsync("[complaint|water|normal|0|es] ni en el baño");
        await _office.AskAsync(_officer, new SeeItem(item, Guid.CreateVersion7()) { Heard = shown.Heard });
        (await ShowAsync(item)).IsUnseen.ShouldBeTrue("the last message was not on what he saw");
        await OpenAsync(item);
        (await ShowAsync(item)).IsUnseen.ShouldBeFalse();
        (await RowAsync(item)).ShouldNotBeNull().SeenAt.ShouldNotBeNull();
        (await UnmetAsync(item)).ShouldBe("answer close");
    }

    [Fact]
    public async Task An_answer_to_what_came_before_leaves_unread_what_came_meanwhile()
    {
        var item = await AnsweredAsync();
        var seen = (await ShowAsync(item)).Heard;
        await SayAsync("[complaint|water|normal|0|es] y no hay agua");
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Abrimos a las seis."), false, Guid.CreateVersion7()) { Heard = seen });
        await _office.AskAsync(_officer, new CorrectCodes(item, "suggestion", ["opening_hours"], "normal", null, Guid.CreateVersion7()) { Heard = seen });
        (await UnmetAsync(item)).ShouldBe("answer close seen");
        (await ShowAsync(item)).IsUnseen.ShouldBeTrue();
    }

    [Fact]
    public async Task No_act_on_a_form_of_before_takes_the_mark_from_what_came_meanwhile()
    {
        var item = await AnsweredAsync();
        var seen = (await ShowAsync(item)).Heard;
        await SayAsync("[complaint|water|critical|0|es] están en la puerta");
        await _office.AskAsync(_officer, new AssignItem(item, 1, _officer.Id, Guid.CreateVersion7()) { Heard = seen });
        await _office.AskAsync(_officer, new RecordCallBack(item, "reached", new PersonalText(""), Guid.CreateVersion7()) { Heard = seen });
        await _office.AskAsync(_officer, new ReferItem(item, "the partner", true, null, Guid.CreateVersion7()) { Heard = seen });
        (await UnmetAsync(item)).ShouldBe("answer close seen");
        (await ShowAsync(item)).IsUnseen.ShouldBeTrue();
    }

    [Fact]
    public async Task A_form_that_shows_the_urgency_of_before_lowers_nothing()
    {
        var item = await AnsweredAsync();
        await SayAsync("[complaint|water|critical|0|es] los niños se desmayan");
        var heard = (await ShowAsync(item)).Heard;
        (await _office.RefusalAsync(_officer, new CorrectCodes(item, "complaint", ["water"], "normal", null, Guid.CreateVersion7()) { Heard = heard, UrgencyShown = "normal" })).ShouldBe("said_meanwhile");
        (await _office.RefusalAsync(_officer, new CorrectCodes(item, "complaint", ["water"], "normal", null, Guid.CreateVersion7()) { Heard = heard - 1 })).ShouldBe("said_meanwhile");
        (await _office.RefusalAsync(_officer, new DecideSensitivity(item, 0, "complaint", ["water"], "normal", [], null, Guid.CreateVersion7()) { Heard = heard, Shown = ("normal", 0) })).ShouldBe("said_meanwhile");
        await _office.AskAsync(_officer, new CorrectCodes(item, "complaint", ["water"], "normal", null, Guid.CreateVersion7()) { Heard = heard, UrgencyShown = "critical" });
        (await database.ScalarAsync<string>("select urgency from item where id = $1", item)).ShouldBe("normal", "who was shown it may lower it");
    }

    [Fact]
    public async Task Danger_on_an_item_whose_urgency_was_confirmed_makes_it_urgent_and_the_counts_follow()
    {
        var item = await AnsweredAsync();
        await _office.AskAsync(_officer, new CorrectCodes(item, "suggestion", ["opening_hours"], "low", null, Guid.CreateVersion7()));
        await SayAsync("[complaint|water|critical|0|es] los niños se desmayan");
        (await database.ScalarAsync<string>("select urgency || (select extract(epoch from due_at - now())::int / 60 from clock where item_id = i.id and step = 'seen') from item i where id = $1", item)).ShouldBeOneOf("critical14", "critical15");
        (await database.ScalarAsync<long>("""
            select count(*) from (select urgency, t, sum(n) as n from count_change c, lateral (select c.topic as t) x group by 1, 2) counted
            full join (select urgency, t, count(*) as n from item, unnest(array_prepend('', topics)) t group by 1, 2) there using (urgency, t) where coalesce(counted.n, 0) <> coalesce(there.n, 0)
            """)).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_said_on_an_item_that_was_handed_over_is_due_again()
    {
        var item = await SayAsync("[incident_report|safety_security|critical|0|es] nos robaron");
        await OpenAsync(item);
        await _office.AskAsync(_officer, new ReferItem(item, "the partner", true, null, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select next_due_at is null from item where id = $1", item)).ShouldBeTrue();
        await SayAsync("[incident_report|safety_security|normal|0|es] volvieron");
        (await UnmetAsync(item)).ShouldBe("answer seen");
        (await database.ScalarAsync<bool>("select next_due_at is not null from item where id = $1", item)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_day_of_review_is_due_whatever_else_is_met()
    {
        var item = await SayAsync("[incident_report|safety_security|critical|0|es] nos robaron");
        var day = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(9);
        await _office.AskAsync(_officer, new ReferItem(item, "the partner", true, day, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select step || ' ' || (due_at at time zone 'UTC')::date from clock where item_id = $1 and met_at is null", item)).ShouldBe($"review {day:yyyy-MM-dd}");
        (await database.ScalarAsync<bool>("select next_due_at = (select due_at from clock where item_id = i.id and step = 'review') from item i where id = $1", item)).ShouldBeTrue();
    }

    [Fact]
    public async Task Thanks_leave_an_item_closed_and_stand_in_the_list_until_somebody_has_read_them()
    {
        var item = await ClosedAsync();
        (await RowAsync(item)).ShouldBeNull();
        await SayAsync(Thanks);
        (await RowAsync(item)).ShouldNotBeNull().ShouldSatisfyAllConditions(r => r.Status.ShouldBe("closed"), r => r.SeenAt.ShouldBeNull(), r => r.NextDueAt.ShouldNotBeNull());
        await OpenAsync(item);
        (await RowAsync(item)).ShouldBeNull();
        (await database.ScalarAsync<string>("select status || reopened from item where id = $1", item)).ShouldBe("closed0");
    }

    [Fact]
    public async Task Thanks_that_come_while_the_closing_text_is_on_its_way_are_read_too()
    {
        var item = await AnsweredAsync();
        await _office.AskAsync(_officer, new ResolveItem(item, new PersonalText("abrimos a las seis"), Guid.CreateVersion7()));
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Abrimos a las seis."), true, Guid.CreateVersion7()));
        await SayAsync(Thanks);
        await using (var connection = await database.Databases.Worker.OpenConnectionAsync())
            await _pipeline.Deliveries.CloseAsync(connection, await database.ScalarAsync<Guid>("select closing_outbox_id from item where id = $1", item), CancellationToken.None);
        (await RowAsync(item)).ShouldNotBeNull().ShouldSatisfyAllConditions(r => r.Status.ShouldBe("closed"), r => r.NextDueAt.ShouldNotBeNull());
    }

    [Theory, InlineData("[incomplete|other|low|0|es] 👍", true), InlineData("[praise|other|high|0|es] gracias pero mi hijo arde", false), InlineData("sin lectura", false)]
    public async Task A_closed_item_opens_again_for_a_file_for_what_is_urgent_and_for_what_nobody_can_read(string text, bool file)
    {
        var item = await ClosedAsync();
        var id = await StoreAsync(text, file ? [new ReceivedMedia("photo", "image/jpeg", null, "photo")] : []);
        var now = await database.ScalarAsync<Guid>("select item_id from message where id = $1", id);
        (await database.ScalarAsync<string>("select status from item where id = $1", now)).ShouldBe(now == item ? "in_progress" : "new");
        (await database.ScalarAsync<long>("select count(*) from clock where item_id = $1 and met_at is null", now)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_recording_on_an_unchecked_item_that_was_closed_waits_for_its_check()
    {
        var item = await StoreItemAsync("sin lectura", []);
        await _office.AskAsync(_screener, new CloseItem(item, null, "not_verified", Guid.CreateVersion7()));
        (await StoreItemAsync("", [new ReceivedMedia("voice", "audio/ogg", null, "voice")])).ShouldBe(item);
        (await database.ScalarAsync<string>("select status || (select string_agg(step, ' ') from clock where item_id = i.id and met_at is null) from item i where id = $1", item)).ShouldBe("in_progresscheck");
    }

    [Fact]
    public async Task Nothing_is_passed_as_open_over_what_the_screener_has_not_read()
    {
        var item = await StoreItemAsync("sin lectura", []);
        var seen = (await _office.AskAsync(_screener, new ItemDetail(item))).Heard;
        (await StoreItemAsync("tampoco", [])).ShouldBe(item);
        (await _office.RefusalAsync(_screener, new DecideSensitivity(item, 0, "request", ["other"], "normal", [], "harmless", Guid.CreateVersion7()) { Heard = seen })).ShouldBe("said_meanwhile");
        (await database.ScalarAsync<string>("select circle_id || (select string_agg(step, ' ') from clock where item_id = i.id and met_at is null) from item i where id = $1", item)).ShouldBe("1check");
        await _office.AskAsync(_screener, new DecideSensitivity(item, 0, "request", ["other"], "normal", [], "harmless", Guid.CreateVersion7()) { Heard = seen + 1 });
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", item)).ShouldBe((short)0);
    }

    [Fact]
    public async Task An_edit_of_what_was_answered_is_unread_raises_the_urgency_and_opens_a_closed_item()
    {
        var receipt = await _pipeline.SayAsync(_from, Thanks, Line, id: "first");
        await _office.AskAsync(_officer, new CloseItem(receipt.MessageId, null, "not_verified", Guid.CreateVersion7()));
        await _pipeline.SayAsync(_from, "[request|health_care|critical|0|es] no respira", Line, edits: "first");
        (await database.ScalarAsync<string>("select status || ' ' || urgency || ' ' || (unread_at is not null) from item where id = $1", receipt.MessageId)).ShouldBe("in_progress critical true");
        (await RowAsync(receipt.MessageId)).ShouldNotBeNull().Excerpt.ShouldEndWith("no respira");
    }

    private async Task<Guid> AnsweredAsync()
    {
        var item = await SayAsync(Hours);
        await OpenAsync(item);
        await _office.AskAsync(_officer, new ReplyToItem(item, new PersonalText("Lo vemos."), false, Guid.CreateVersion7()));
        return item;
    }

    private async Task<Guid> ClosedAsync()
    {
        var item = await AnsweredAsync();
        await _office.AskAsync(_officer, new CloseItem(item, null, "not_verified", Guid.CreateVersion7()));
        return item;
    }

    private Task<Guid> SayAsync(string text) => StoreItemAsync(text, []);

    private async Task<Guid> StoreItemAsync(string text, ReceivedMedia[] media) => await database.ScalarAsync<Guid>("select item_id from message where id = $1", await StoreAsync(text, media));

    private async Task<Guid> StoreAsync(string text, ReceivedMedia[] media)
    {
        var receipts = await _pipeline.Inbox.StoreAsync(Line, [new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), From = new ContactAddress("tel", _from), Text = new PersonalText(text), Media = media }], "raw"u8.ToArray(), CancellationToken.None);
        await _pipeline.TriageAllAsync();
        return receipts[0].MessageId;
    }

    private Task<ItemView> ShowAsync(Guid item) => _office.AskAsync(_officer, new ItemDetail(item));

    private async Task OpenAsync(Guid item) => await _office.AskAsync(_officer, new SeeItem(item, Guid.CreateVersion7()) { Heard = (await ShowAsync(item)).Heard });

    private async Task<ItemRow?> RowAsync(Guid item) => (await _office.AskAsync(_officer, new ItemList(new ItemFilter { View = "open" }, null, 200))).Rows.SingleOrDefault(r => r.Id == item);

    private Task<string> UnmetAsync(Guid item) => database.ScalarAsync<string>("select coalesce(string_agg(step, ' ' order by step), '') from clock where item_id = $1 and met_at is null", item);
}
