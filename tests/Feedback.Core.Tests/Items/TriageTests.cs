using Cea.Feedback.Intake;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

public sealed class TriageTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano";
    private static int _number = 200000;
    private Pipeline _pipeline = null!;
    private readonly string _from = $"+5025{Interlocked.Increment(ref _number)}";

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task A_message_becomes_one_coded_routed_item_with_clocks_counts_and_one_acknowledgement()
    {
        var receipt = await _pipeline.SayAsync(_from, Hours);

        var id = receipt.MessageId;
        (await database.ScalarAsync<string>("select type || topics[1] || urgency || sensitivity || lang || status || team_id || audience_id from item where id = $1", id)).ShouldBe("suggestionopening_hoursnormal0esnew11");
        (await database.ScalarAsync<string>("select string_agg(step, ' ' order by due_at) from clock where item_id = $1", id)).ShouldBe("seen answer close");
        (await database.ScalarAsync<string>("select purpose || state || lane from outbox where item_id = $1", id)).ShouldBe("ackdue1");
        (await database.ScalarAsync<string>("select text from message where item_id = $1 and kind = 'ack'", id)).ShouldContain(Feedback.Intake.ReceiptCode.Read(receipt.Code!));
        (await database.ScalarAsync<long>("select count(*) from open_search where item_id = $1", id)).ShouldBe(1);
    }

    [Fact]
    public async Task A_line_tells_when_it_was_last_heard()
    {
        await database.ExecuteAsync("update channel_account set last_received_at = null where id = 'line'");
        await _pipeline.SayAsync(_from, Hours);
        (await database.ScalarAsync<bool>("select last_received_at > now() - interval '1 minute' from channel_account where id = 'line'")).ShouldBeTrue();
    }

    [Fact]
    public async Task Twenty_parallel_first_messages_of_one_person_make_one_person_and_one_item()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _pipeline.Inbox.StoreAsync("line",
            [new Feedback.Intake.MessageReceived { ExternalId = $"{_from} {i}", From = new("tel", _from), Text = new($"{Hours} {i}") }], default, CancellationToken.None)));
        await using var other = new Pipeline(database);
        await using var third = new Pipeline(database);
        await Task.WhenAll(_pipeline.TriageAllAsync(), other.TriageAllAsync(), third.TriageAllAsync());
        await _pipeline.TriageAllAsync();

        var person = await PersonAsync();
        (await database.ScalarAsync<long>("select count(*) from item where person_id = $1", person)).ShouldBe(1);
        (await database.ScalarAsync<long>("select count(*) from message where person_id = $1 and direction = 'in'", person)).ShouldBe(20);
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1 and purpose = 'ack'", person)).ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_is_only_a_file_is_an_item_that_somebody_looks_at()
    {
        var receipt = (await _pipeline.Inbox.StoreAsync("line", [new MessageReceived { ExternalId = $"{_from} file", From = new("tel", _from), Media = [new ReceivedMedia("https://api.twilio.com/ME1", "image/jpeg", null, null)] }], default, CancellationToken.None))[0];
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select status || checked || (select count(*) from media where item_id = i.id) || (select count(*) from clock where item_id = i.id and step = 'check') from item i where id = $1", receipt.MessageId)).ShouldBe("newfalse11");
    }

    [Fact]
    public async Task What_was_said_before_stands_before_it_however_late_it_comes()
    {
        var now = TimeProvider.System.GetUtcNow();
        var ids = new List<Guid>();
        foreach (var (n, minutes) in new[] { (0, 3), (1, 9), (2, 6) })
        {
            ids.Add((await _pipeline.Inbox.StoreAsync("line", [new MessageReceived { ExternalId = $"{_from} {n}", From = new("tel", _from), Text = new(Hours), At = now.AddMinutes(-minutes) }], default, CancellationToken.None))[0].MessageId);
            await _pipeline.TriageAllAsync();
        }
        await using var office = new Office(database);
        var officer = await office.HireAsync($"o-{Guid.CreateVersion7():N}", [Cea.Feedback.Officers.Roles.Officer]);
        var view = await office.AskAsync(officer, new Cea.Feedback.Items.ItemDetail(ids[0]));
        view.Timeline.Where(e => e.Kind == "message").Select(e => ids.IndexOf(e.MessageId!.Value)).ShouldBe([1, 2, 0]);
    }

    [Fact]
    public async Task What_the_machine_cannot_read_waits_for_the_cleared_sealed_and_unsearchable()
    {
        var receipt = await _pipeline.SayAsync(_from, "no codes in front of this: secret-marker");

        (await database.ScalarAsync<string>("select circle_id::text || checked || (audience_id <> 1) from item where id = $1", receipt.MessageId)).ShouldBe("1falsetrue");
        (await database.ScalarAsync<bool>("select text is null and sealed is not null from message where id = $1", receipt.MessageId)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from open_search where item_id = $1", receipt.MessageId)).ShouldBe(0);
        (await database.ScalarAsync<long>("select count(*) from raw_call where id = $1", receipt.MessageId)).ShouldBe(0);
        (await database.ScalarAsync<string>("select step from clock where item_id = $1", receipt.MessageId)).ShouldBe("check");
    }

    [Fact]
    public async Task A_follow_up_coded_above_its_item_becomes_a_restricted_item_of_its_own()
    {
        var first = await _pipeline.SayAsync(_from, Hours);
        var second = await _pipeline.SayAsync(_from, "[incident_report|sea_staff_abuse|high|2|es] y uno de ustedes pide favores");

        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", first.MessageId)).ShouldBe(1);
        (await database.ScalarAsync<string>("select circle_id::text || ' ' || (linked_item_id = $2) from item where id = $1", second.MessageId, first.MessageId)).ShouldBe("5 true");
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1", first.MessageId)).ShouldBe(0);
        (await database.ScalarAsync<bool>("select sealed is not null from message where id = $1", second.MessageId)).ShouldBeTrue();
        (await database.ScalarAsync<string>("select string_agg(step, ' ' order by due_at) from clock where item_id = $1", second.MessageId)).ShouldBe("seen refer refer_ack");
    }

    [Fact]
    public async Task A_follow_up_joins_and_may_raise_the_urgency()
    {
        var first = await _pipeline.SayAsync(_from, Hours);
        await _pipeline.SayAsync(_from, "[complaint|water|high|0|es] y no hay agua");

        (await database.ScalarAsync<string>("select urgency || ' ' || array_to_string(topics, ',') from item where id = $1", first.MessageId)).ShouldBe("high opening_hours,water");
        (await database.ScalarAsync<bool>("select due_at < now() + interval '5 hours' from clock where item_id = $1 and step = 'seen'", first.MessageId)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from code_change where item_id = $1", first.MessageId)).ShouldBe(1);
    }

    [Fact]
    public async Task A_stop_word_ends_all_messages_but_its_own_confirmation_and_start_brings_them_back()
    {
        await _pipeline.SayAsync(_from, Hours);
        await _pipeline.SayAsync(_from, "Alto");
        var person = await PersonAsync();
        (await database.ScalarAsync<string>("select string_agg(purpose || ' ' || state, ', ' order by created_at, id) from outbox where person_id = $1", person)).ShouldBe("ack cancelled, word due");
        await _pipeline.SayAsync(_from, "[complaint|water|normal|0|es] no hay agua");
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1", person)).ShouldBe(2);
        (await database.ScalarAsync<long>("select count(*) from item where person_id = $1", person)).ShouldBe(1);

        await _pipeline.SayAsync(_from, "inicio");
        (await database.ScalarAsync<long>("select count(*) from opt_out o join address a on a.hash = o.hash where a.person_id = $1", person)).ShouldBe(0);
    }

    [Fact]
    public async Task A_no_to_the_survey_reopens_and_a_yes_does_not()
    {
        var receipt = await _pipeline.SayAsync(_from, Hours);
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = now(), loop_closed_at = now() where id = $1", receipt.MessageId);
        await database.ExecuteAsync("insert into survey (item_id, person_id, audience_id, due_at, asked_at) select id, person_id, 1, now(), now() from item where id = $1", receipt.MessageId);
        await _pipeline.SayAsync(_from, "no");

        (await database.ScalarAsync<string>("select status || reopened from item where id = $1", receipt.MessageId)).ShouldBe("in_progress1");
        (await database.ScalarAsync<bool>("select not solved from survey where item_id = $1", receipt.MessageId)).ShouldBeTrue();
        (await database.ScalarAsync<long>("select count(*) from clock where item_id = $1 and met_at is null", receipt.MessageId)).ShouldBe(3);
    }

    [Fact]
    public async Task An_answer_to_a_closed_item_reopens_it_and_thanks_do_not()
    {
        var receipt = await _pipeline.SayAsync(_from, Hours);
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = now(), loop_closed_at = now() where id = $1", receipt.MessageId);
        await _pipeline.SayAsync(_from, "[praise|other|low|0|es] gracias");
        (await database.ScalarAsync<string>("select status from item where id = $1", receipt.MessageId)).ShouldBe("closed");
        await _pipeline.SayAsync(_from, "[complaint|opening_hours|normal|0|es] sigue cerrado");
        (await database.ScalarAsync<string>("select status from item where id = $1", receipt.MessageId)).ShouldBe("in_progress");
    }

    [Fact]
    public async Task An_erasure_waits_for_the_focal_point_while_an_item_of_the_number_waits_for_its_check()
    {
        await _pipeline.SayAsync(_from, "nothing that the machine can read");
        await _pipeline.SayAsync(_from, "borrar mis datos");
        await _pipeline.SayAsync(_from, "si");

        (await database.ScalarAsync<string>("select state from erasure where person_id = $1", await PersonAsync())).ShouldBe("focal_point");
    }

    [Fact]
    public async Task A_null_character_in_any_word_of_a_message_keeps_it_from_nobody()
    {
        var receipt = (await _pipeline.Inbox.StoreAsync("line", [new MessageReceived { ExternalId = $"{_from} null", From = new("tel", _from), Text = new(Hours + "\0"), StatedLanguage = "e\0", LanguageHint = "\0", Channel = "\0" }], default, CancellationToken.None))[0];
        await _pipeline.TriageAllAsync();
        (await database.ScalarAsync<string>("select lang || ' ' || channel || ' ' || status from item where id = $1", receipt.MessageId)).ShouldBe("es twilio-sms new");
    }

    [Fact]
    public async Task A_poison_message_stops_only_itself()
    {
        await database.ExecuteAsync("insert into inbox (id, account_id, kind, received_at, sealed) values ($1, 'line', 'message', now(), 'nonsense')", Guid.CreateVersion7());
        var receipt = await _pipeline.SayAsync(_from, Hours);

        (await database.ScalarAsync<long>("select count(*) from item where id = $1", receipt.MessageId)).ShouldBe(1);
        (await database.ScalarAsync<string>("select error from inbox where sealed = 'nonsense'")).ShouldBe("CryptographicException");
        await database.ExecuteAsync("delete from inbox where sealed = 'nonsense'");
    }

    [Fact]
    public async Task An_edit_is_a_new_version_and_one_that_says_more_is_an_item_of_its_own()
    {
        var receipt = await _pipeline.SayAsync(_from, Hours, id: $"{_from}:7");
        await _pipeline.SayAsync(_from, "[suggestion|opening_hours|normal|0|es] abran a las seis", edits: $"{_from}:7");
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and kind = 'edit' and replaces_id = $1", receipt.MessageId)).ShouldBe(1);

        var worse = await _pipeline.SayAsync(_from, "[complaint|fraud_corruption|high|2|es] el de la lista cobra", edits: $"{_from}:7");
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", worse.MessageId)).ShouldBe((short)6);
    }

    [Fact]
    public async Task The_confidential_keyword_is_restricted_and_high()
    {
        var receipt = await _pipeline.SayAsync(_from, "X");
        (await database.ScalarAsync<string>("select circle_id::text || urgency || type from item where id = $1", receipt.MessageId)).ShouldBe("1highrequest");
        (await database.ScalarAsync<bool>("select due_at <= now() + interval '61 minutes' from clock where item_id = $1", receipt.MessageId)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_item_that_names_a_focal_point_goes_to_the_alternate_elsewhere()
    {
        await database.ExecuteAsync("""
            insert into officer (id, user_name, normalized_user_name, display_name, roles) values (901, 'carla', 'CARLA', 'Carla Mendez', '{circle}'), (902, 'otto', 'OTTO', 'Otto Reyes', '{circle}');
            insert into circle_member (circle_id, officer_id, alternate, confirmed_at) values (5, 901, false, now()), (5, 902, true, now());
            """);
        var plain = await _pipeline.SayAsync(_from, "[complaint|sea_staff_abuse|high|2|es] uno del centro pide favores");
        var named = await _pipeline.SayAsync(_from + "1", "[complaint|sea_staff_abuse|high|2|es] la señora CARLA sabe y calla");

        (await SeesAsync(901, plain.MessageId)).ShouldBeTrue();
        (await SeesAsync(901, named.MessageId)).ShouldBeFalse();
        (await SeesAsync(902, named.MessageId)).ShouldBeTrue();
        await database.ExecuteAsync("delete from circle_member where officer_id in (901, 902)");
    }

    private async Task<bool> SeesAsync(int officer, Guid item) =>
        await database.ScalarAsync<bool>("select exists (select 1 from officer_access x join item i on i.audience_id = any (x.audiences) where x.officer_id = $1 and i.id = $2)", officer, item);

    private async Task<Guid> PersonAsync() => Guid.Parse(await database.ScalarAsync<string>("select person_id::text from address where hash = $1", TestDatabase.Keys.Hash("tel", _from)));
}
