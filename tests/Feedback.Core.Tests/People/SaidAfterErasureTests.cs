using System.Globalization;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.People;

/// <summary>An erasure does what was asked when it was confirmed. What the person says after it is feedback that somebody reads and answers.</summary>
public sealed class SaidAfterErasureTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Earlier = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Later = "[complaint|water|normal|0|es] han cortado el agua";
    private static int _number = 360000;
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly string _from = $"+5026{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, _clock);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from erasure; delete from outbox");
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Theory]
    [InlineData(0), InlineData(5)] // stored in one breath with the yes, too
    public async Task It_is_an_item_of_its_own_that_can_be_answered_while_the_earlier_is_erased(int minutes)
    {
        var first = await ConfirmedAsync();
        _clock.Advance(TimeSpan.FromMinutes(minutes));
        var second = (await _pipeline.SayAsync(_from, Later)).MessageId;
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", second)).ShouldBe(1);
        await EraseAsync();

        (await database.ScalarAsync<string>("select state from erasure")).ShouldBe("done");
        (await TextOfAsync(second)).ShouldBe(Later);
        (await database.ScalarAsync<string>("select i.status || ' ' || (a.hash = $2) || ' ' || (select count(*) from open_search where item_id = i.id) || (select count(*) from raw_call where id = i.id) || (select count(*) from receipt where message_id = i.id) from item i join address a on a.person_id = i.person_id where i.id = $1", second, Hash)).ShouldBe("new true 111");

        (await database.ScalarAsync<string>("select status || ' ' || (person_id is null) || (anonymised_at is not null) from item where id = $1", first)).ShouldBe("closed truetrue");
        (await database.ScalarAsync<long>("select count(*) from message where text is not null and (item_id = $1 and direction = 'in' or item_id is null)", first)).ShouldBe(0);
        (await database.ScalarAsync<long>("select (select count(*) from open_search where item_id = $1) + (select count(*) from raw_call where id = $1) + (select count(*) from receipt where message_id = $1)", first)).ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_that_is_left_of_the_earlier_leads_to_him()
    {
        var first = (await _pipeline.SayAsync(_from, Earlier)).MessageId;
        await database.ExecuteAsync("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'contact_back', 'yes', 'v', recorded_at from item where id = $1", first);
        await database.ExecuteAsync("insert into survey (item_id, person_id, audience_id, due_at, asked_at, answered_at) select id, person_id, 1, now(), now(), now() from item where id = $1", first);
        await database.ExecuteAsync("insert into phone_call (account_id, key, person_id, began_at, item_id) select 'line', $2, person_id, recorded_at, id from item where id = $1", first, TestDatabase.Keys.Hash("call", _from));
        await ConfirmAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        var second = (await _pipeline.SayAsync(_from, Later)).MessageId;
        await database.ExecuteAsync("update item set linked_item_id = $2 where id = $1", second, first);
        await database.ExecuteAsync("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'contact_back', 'yes', 'v', recorded_at from item where id = $1", second);
        await EraseAsync();

        var person = await database.ScalarAsync<Guid>("select person_id from address where hash = $1", Hash);
        foreach (var table in new[] { "message", "outbox", "consent", "survey", "phone_call", "safe_contact" })
            (await database.ScalarAsync<long>($"select count(*) from {table} where person_id = $1 and item_id = $2", person, first)).ShouldBe(0, table);
        (await database.ScalarAsync<long>("select count(*) from erasure where person_id = $1", person)).ShouldBe(0);
        (await database.ScalarAsync<bool>("select linked_item_id is null from item where id = $1", second)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from consent where person_id = $1", person)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1 and item_id = $2 and state = 'due'", person, second)).ShouldBe(await database.ScalarAsync<long>("select count(*) from outbox where item_id = $1", second));
    }

    [Theory]
    [InlineData("edit"), InlineData("code"), InlineData("survey"), InlineData("complaint")]
    public async Task However_it_comes_it_is_not_said_in_what_will_be_erased(string way)
    {
        var receipt = await _pipeline.SayAsync(_from, Earlier, id: $"{_from}:1");
        if (way == "survey")
        {
            await database.ExecuteAsync("update item set status = 'closed', resolved_at = recorded_at, loop_closed_at = recorded_at where id = $1", receipt.MessageId);
            await database.ExecuteAsync("insert into survey (item_id, person_id, audience_id, due_at, asked_at) select id, person_id, 1, now(), $2 from item where id = $1", receipt.MessageId, _clock.GetUtcNow().UtcDateTime);
        }
        if (way == "complaint") // the item is one itself, which nobody has answered
        {
            await using var office = new Office(database, _clock);
            await database.ExecuteAsync("update item set handler_before_id = $2 where id = $1", receipt.MessageId, (await office.HireAsync($"officer-{_from[1..]}", [Roles.Officer])).Id);
        }
        await ConfirmAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _pipeline.Inbox.StoreAsync("line", [way switch
        {
            "edit" => Said(Later) with { Edits = $"{_from}:1" },
            "code" => Said(Later) with { From = null, Adds = receipt.Code },
            "survey" => Said("no"),
            _ => Said("[complaint|staff_conduct|normal|0|es] nadie me contesta"),
        }], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();
        var said = await database.ScalarAsync<Guid>("select id from message where direction = 'in' and person_id = (select person_id from address where hash = $1) order by recorded_at desc limit 1", Hash);
        (await database.ScalarAsync<bool>("select item_id = id and kind = 'message' from message where id = $1", said)).ShouldBeTrue();
        await EraseAsync();
        (await database.ScalarAsync<bool>("select (m.text is not null or m.sealed is not null) and i.status = 'new' from message m join item i on i.id = m.item_id where m.id = $1", said)).ShouldBeTrue();
    }

    [Fact]
    public async Task Beside_a_report_of_a_circle_it_is_an_item_of_its_own_in_that_circle()
    {
        var report = (await _pipeline.SayAsync(_from, "[incident_report|sea_staff_abuse|high|2|es] alguien pide favores")).MessageId;
        await ConfirmAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        var later = (await _pipeline.SayAsync(_from, Later)).MessageId;
        (await database.ScalarAsync<string>("select (m.item_id = m.id) || ' ' || (i.circle_id = (select circle_id from item where id = $2)) || ' ' || (m.text is null) from message m join item i on i.id = m.item_id where m.id = $1", later, report)).ShouldBe("true true true");
    }

    [Fact]
    public async Task What_is_added_by_code_to_an_old_report_of_a_circle_stays_in_that_circle()
    {
        var report = await _pipeline.SayAsync(_from, "[incident_report|sea_staff_abuse|high|2|es] alguien pide favores");
        await database.ExecuteAsync("update item set last_message_at = last_message_at - interval '9 days' where id = $1", report.MessageId);
        await ConfirmAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        var added = (await _pipeline.Inbox.StoreAsync("line", [Said(Later) with { From = null, Adds = report.Code }], default, CancellationToken.None))[0].MessageId;
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select (m.item_id = m.id) || ' ' || (i.circle_id = (select circle_id from item where id = $2)) || ' ' || (m.text is null) from message m join item i on i.id = m.item_id where m.id = $1", added, report.MessageId)).ShouldBe("true true true");
    }

    [Fact]
    public async Task A_wish_that_waited_for_the_check_of_a_message_is_done_once_that_was_passed_as_open()
    {
        var first = await ConfirmedAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        var unclear = (await _pipeline.SayAsync(_from, "sin lectura")).MessageId;
        (await database.ScalarAsync<string>("select state from erasure")).ShouldBe("focal_point");
        await EraseAsync();
        (await database.ScalarAsync<string>("select state from erasure")).ShouldBe("focal_point");
        await database.ExecuteAsync("update item set circle_id = 0, audience_id = 1, sensitivity = 0, checked = true where id = $1", unclear);
        await EraseAsync();
        (await database.ScalarAsync<string>("select state from erasure")).ShouldBe("done");
        (await database.ScalarAsync<string>("select (select anonymised_at is not null from item where id = $1) || ' ' || (select anonymised_at is null and person_id is not null from item where id = $2)", first, unclear)).ShouldBe("true true");
    }

    [Fact]
    public async Task An_edit_of_what_is_erased_already_is_read_too()
    {
        await _pipeline.SayAsync(_from, Earlier, id: $"{_from}:1");
        await ConfirmAsync();
        await EraseAsync();
        var edit = (await _pipeline.SayAsync(_from, Later, edits: $"{_from}:1")).MessageId;
        (await database.ScalarAsync<string>("select status from item where id = $1", edit)).ShouldBe("new");
    }

    [Fact]
    public async Task A_report_that_the_focal_point_keeps_leads_to_nobody_though_he_said_something_since()
    {
        await using var office = new Office(database, _clock);
        var focal = await office.HireAsync($"focal-{_from[1..]}", [Roles.Circle], ["psea"]);
        var open = (await _pipeline.SayAsync(_from, Earlier)).MessageId;
        var report = (await _pipeline.SayAsync(_from, "[incident_report|sea_staff_abuse|high|2|es] alguien pide favores")).MessageId;
        await ConfirmAsync();
        (await database.ScalarAsync<string>("select state from erasure")).ShouldBe("focal_point");
        await database.ExecuteAsync("insert into hold (person_id, reason, review_at) select person_id, 'safety_of_person', now() from item where id = $1", report);
        await database.ExecuteAsync("update item set last_message_at = last_message_at - interval '3 days' where id = $1", report);
        _clock.Advance(TimeSpan.FromDays(3));
        var later = (await _pipeline.SayAsync(_from, Later)).MessageId;
        await office.AskAsync(focal, new DecideErasure(await database.ScalarAsync<long>("select id from erasure"), report, true, "persons_wish", Guid.CreateVersion7()));
        await EraseAsync();

        (await database.ScalarAsync<string>("select string_agg(i.id || ' ' || (i.anonymised_at is null) || (exists (select 1 from address a where a.person_id = i.person_id)) || (exists (select 1 from hold h where h.person_id = i.person_id)), ', ' order by array_position($1, i.id)) from item i where i.id = any ($1)", new[] { open, report, later }))
            .ShouldBe($"{open} falsefalsefalse, {report} truefalsetrue, {later} truetruefalse");
        (await database.ScalarAsync<bool>("select sealed is not null from message where id = $1", report)).ShouldBeTrue();
        (await TextOfAsync(later)).ShouldBe(Later);
    }

    [Fact]
    public async Task Without_a_word_since_the_address_goes()
    {
        await ConfirmedAsync();
        await database.ExecuteAsync("update outbox set state = 'sent'");
        await EraseAsync();
        (await database.ScalarAsync<long>("select count(*) from address where hash = $1", Hash)).ShouldBe(0);
    }

    [Fact]
    public async Task A_restore_erases_again_what_was_erased_and_not_what_was_said_since()
    {
        var first = await ConfirmedAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));
        var second = (await _pipeline.SayAsync(_from, Later)).MessageId;
        var before = await TextOfAsync(first);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await EraseAsync();
        var file = Path.GetTempFileName();
        try
        {
            await ErasureLog.AppendAsync(file, database.Databases, CancellationToken.None);
            var entry = (await ErasureLog.ReadAsync(file, DateTimeOffset.MinValue, CancellationToken.None)).Single(e => e.Hash.AsSpan().SequenceEqual(Hash));
            (entry.At - entry.Until).ShouldBe(TimeSpan.FromMinutes(2));
            await File.AppendAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"{entry.At.UtcDateTime:O} tel 0102\n"));
            (await ErasureLog.ReadAsync(file, entry.At, CancellationToken.None)).ShouldContain(e => e.Hash.Length == 2 && e.Until == entry.At, "of an older build");

            // as a backup of between the two brings it back
            await database.ExecuteAsync("delete from erasure");
            await database.ExecuteAsync("update item set person_id = (select person_id from address where hash = $2), anonymised_at = null, status = 'new' where id = $1", first, Hash);
            await database.ExecuteAsync("update message set text = $2 where id = $1", first, before);
            (await ErasureLog.ReplayAsync(database.Databases, [entry], _clock, CancellationToken.None)).ShouldBe(1);
        }
        finally
        {
            File.Delete(file);
        }
        (await database.ScalarAsync<bool>("select text is null from message where id = $1", first)).ShouldBeTrue();
        (await TextOfAsync(second)).ShouldBe(Later);
        (await database.ScalarAsync<long>("select count(*) from address where hash = $1", Hash)).ShouldBe(1);
    }

    private byte[] Hash => TestDatabase.Keys.Hash("tel", _from);

    private MessageReceived Said(string text) => new() { ExternalId = $"{_from} said", From = new ContactAddress("tel", _from), Text = new PersonalText(text) };

    private Task<string> TextOfAsync(Guid message) => database.ScalarAsync<string>("select coalesce(text, '') from message where id = $1", message);

    private async Task<Guid> ConfirmedAsync()
    {
        var item = (await _pipeline.SayAsync(_from, Earlier)).MessageId;
        await ConfirmAsync();
        return item;
    }

    private async Task ConfirmAsync()
    {
        await _pipeline.SayAsync(_from, "borrar mis datos");
        _clock.Advance(TimeSpan.FromMinutes(1));
        await _pipeline.SayAsync(_from, "si");
        (await database.ScalarAsync<string>("select state from erasure")).ShouldNotBe("asked");
    }

    private Task<Purged> EraseAsync() => new Retention(database.Databases, _clock).RunAsync(CancellationToken.None);
}
