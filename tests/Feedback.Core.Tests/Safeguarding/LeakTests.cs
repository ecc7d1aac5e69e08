using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Safeguarding;

/// <summary>Ways in which what a circle holds could show to somebody else.</summary>
public sealed class LeakTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Abuse = "[complaint|sea_staff_abuse|high|2|es] uno de ustedes pide favores";
    private static int _number = 700000;
    private readonly Office _office = new(database);
    private readonly string _from = $"+5027{Interlocked.Increment(ref _number)}", _run = Guid.CreateVersion7().ToString("N")[20..];
    private Pipeline _pipeline = null!;
    private Officer _officer = null!, _named = null!, _other = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("delete from circle_member; delete from circle");
        await Migrator.MigrateAsync(database.ConnectionString, TestDatabase.Keys, _ => { }, CancellationToken.None);
        _officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        _named = await _office.HireAsync($"Ziyad{_run}", [Roles.Circle], ["psea", "check_first"]);
        _other = await _office.HireAsync($"Quillon{_run}", [Roles.Circle], ["psea", "integrity"]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_later_message_that_names_somebody_who_sees_the_item_is_kept_from_him(bool asEdit)
    {
        var first = await _pipeline.SayAsync(_from, Abuse, id: $"{_from}:1");
        (await _office.AskAsync(_named, new ItemDetail(first.MessageId))).Item.CircleId.ShouldBe((short)5);
        var later = await _pipeline.SayAsync(_from, $"[request|other|normal|0|es] fue Ziyad{_run}", edits: asEdit ? $"{_from}:1" : null);

        (await database.ScalarAsync<string>("select circle_id::text || (linked_item_id = $2) || sensitivity || urgency from item where id = $1", later.MessageId, first.MessageId)).ShouldBe("5true2high");
        (await _office.RefusalAsync(_named, new ItemDetail(later.MessageId))).ShouldBe("item_not_found");
        (await _office.AskAsync(_named, new ItemDetail(first.MessageId))).Timeline.ShouldNotContain(t => t.MessageId == later.MessageId);
        (await _office.AskAsync(_other, new ItemDetail(later.MessageId))).Timeline.ShouldContain(t => t.Text == $"[request|other|normal|0|es] fue Ziyad{_run}");
        (await _office.RefusalAsync(_officer, new ItemDetail(later.MessageId))).ShouldBe("item_not_found");
    }

    [Theory]
    [InlineData("[request|health|normal|1|es] necesito insulina")]
    [InlineData(Abuse)]
    public async Task A_later_message_that_nobody_has_checked_joins_no_item_of_a_circle(string text)
    {
        var first = (await _pipeline.SayAsync(_from, text)).MessageId;
        var later = (await _pipeline.SayAsync(_from, "nothing that the machine can read")).MessageId;
        (await database.ScalarAsync<string>("select circle_id::text || checked || (linked_item_id = $2) from item where id = $1", later, first)).ShouldBe("1falsetrue");
        (await database.ScalarAsync<long>("select count(*) from message where item_id = $1 and direction = 'in'", first)).ShouldBe(1);
        (await _office.RefusalAsync(_other, new ItemDetail(later))).ShouldBe("item_not_found");
        (await _office.AskAsync(_named, new ItemDetail(later))).Item.CircleId.ShouldBe((short)1);
    }

    [Fact]
    public async Task An_edit_coded_for_a_stricter_circle_than_its_original_leaves_it()
    {
        await _pipeline.SayAsync(_from, "[request|health|normal|1|es] necesito insulina", id: $"{_from}:1");
        var edit = await _pipeline.SayAsync(_from, Abuse, edits: $"{_from}:1");
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", edit.MessageId)).ShouldBe((short)5);
    }

    [Fact]
    public async Task Who_is_named_in_a_later_message_or_belongs_to_a_circle_it_is_shared_with_does_not_see_what_is_moved()
    {
        var item = (await _pipeline.SayAsync(_from, "nothing that the machine can read")).MessageId;
        await _pipeline.SayAsync(_from, $"nor this, Quillon{_run} of the office");
        await DecideAsync(_named, item, 2, "sea_staff_abuse", share: [Circle.Of("integrity").Id]);

        (await _office.AskAsync(_named, new ItemDetail(item))).Item.CircleId.ShouldBe((short)5);
        (await _office.RefusalAsync(_other, new ItemDetail(item))).ShouldBe("item_not_found");
    }

    [Fact]
    public async Task What_the_person_is_told_does_not_show_that_a_later_message_went_elsewhere()
    {
        var first = await _pipeline.SayAsync(_from, Hours);
        await database.ExecuteAsync("update outbox set created_at = created_at - interval '10 minutes'");
        await _pipeline.SayAsync(_from, Abuse);
        var person = await database.ScalarAsync<Guid>("select person_id from item where id = $1", first.MessageId);
        (await database.ScalarAsync<long>("select count(*) from outbox where person_id = $1", person)).ShouldBe(1);

        await database.ExecuteAsync("update outbox set created_at = created_at - interval '25 hours'");
        await _pipeline.SayAsync(_from, "[request|other|normal|0|es] y otra cosa");
        (await database.ScalarAsync<string>("select text from message where person_id = $1 and kind = 'ack' order by at desc limit 1", person)).ShouldContain(ReceiptCode.Read(first.Code!));
    }

    [Fact]
    public async Task A_reply_that_is_held_because_of_something_restricted_looks_like_any_other_that_waits()
    {
        var item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        await _pipeline.SayAsync(_from, Abuse);
        await database.ExecuteAsync("""
            with said as (insert into message (id, item_id, person_id, audience_id, direction, kind, account_id, at, recorded_at, text) select gen_random_uuid(), id, person_id, 1, 'out', 'reply', 'line', now(), now(), 'x' from item where id = $1 returning *)
            insert into outbox (id, message_id, item_id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at) select gen_random_uuid(), id, item_id, 1, person_id, 'line', 0, 'reply', '', 'held', now(), now() from said
            """, item);
        var view = await _office.AskAsync(_officer, new ItemDetail(item));
        view.Timeline.Single(t => t.Kind == "reply").Delivery!.State.ShouldBe("due");
    }

    [Fact]
    public async Task A_number_stays_guarded_when_what_waited_for_its_check_was_closed_unchecked()
    {
        var open = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        var unchecked_ = (await _pipeline.SayAsync(_from, "nothing that the machine can read")).MessageId;
        await database.ExecuteAsync("delete from outbox; delete from message where kind = 'ack'");
        await database.ExecuteAsync("update item set status = 'closed' where id = $1", unchecked_);
        await database.ExecuteAsync("""
            insert into outbox (id, item_id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at) select gen_random_uuid(), id, 1, person_id, 'line', 0, 'reply', $2, 'due', now(), now() from item where id = $1
            """, open, TestDatabase.Keys.Seal("x", "outbox"));
        (await _pipeline.Outbox.TakeAccountAsync("line", "here", CancellationToken.None)).ShouldBeTrue();
        (await _pipeline.Outbox.ClaimAsync("line", "here", [], new ChannelTraits { AddressSpace = "tel", MaxLength = 1600, CanSend = true, FurthestState = "delivered" }, CancellationToken.None))!.Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state from outbox")).ShouldBe("held");
    }

    [Fact]
    public async Task A_topic_of_a_stricter_circle_takes_an_item_there_within_one_class()
    {
        var item = (await _pipeline.SayAsync(_from, "[complaint|fraud_corruption|high|2|es] el de la lista cobra")).MessageId;
        await _office.AskAsync(_other, new CorrectCodes(item, "complaint", ["sea_staff_abuse"], "high", null, Guid.CreateVersion7()));
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", item)).ShouldBe((short)5);
    }

    [Fact]
    public async Task That_something_changed_is_told_to_nobody_but_its_audience()
    {
        var told = new List<int>();
        void Hear(string bell, IReadOnlyCollection<int>? audiences) => told.AddRange(bell == WakeUp.Items ? audiences! : []);
        _pipeline.WakeUp.Rang += Hear;
        _office.Get<WakeUp>().Rang += Hear;
        var item = (await _pipeline.SayAsync(_from, Abuse)).MessageId;
        await _office.AskAsync(_other, new SeeItem(item, Guid.CreateVersion7()));
        told.Distinct().ShouldBe([await database.ScalarAsync<int>("select audience_id from item where id = $1", item)]);

        await _pipeline.SayAsync(_from + "1", Hours);
        told.ShouldContain(1);
    }

    [Fact]
    public async Task Everything_of_an_item_or_a_person_that_pages_may_read_has_row_policies()
    {
        (await database.ScalarAsync<string>("""
            select coalesce(string_agg(distinct c.relname, ' '), '') from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and a.attname in ('item_id', 'person_id', 'audience_id', 'media_id', 'message_id')
              and has_table_privilege('cea_pages', c.oid, 'select') and not (c.relrowsecurity and c.relforcerowsecurity)
            """)).ShouldBe("open_search"); // checked class 0 only
        (await database.ScalarAsync<long>("select count(*) from pg_class where relname ~ '^(raw_call|inbox|seen|phone_call|person_guard)' and relkind in ('r', 'p') and has_table_privilege('cea_pages', oid, 'select')")).ShouldBe(0);
        (await database.ScalarAsync<string>("""
            select coalesce(string_agg(proname, ' ' order by proname), '') from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
              and (not has_function_privilege('cea_pages', oid, 'execute') or not exists (select 1 from unnest(proconfig) c where c like 'search_path=%')
                   or exists (select 1 from aclexplode(coalesce(proacl, acldefault('f', proowner))) x where x.grantee = 0 and prorettype <> 'trigger'::regtype and proname not in ('make_partitions', 'refresh_access')))
              and not (proname in ('make_partitions', 'media_follows', 'media_let_go', 'forget_training_texts', 'training_text_follows', 'erased_is_not_learned', 'quote_follows', 'quote_needs_consent', 'erased_is_not_quoted', 'erased_is_not_shared', 'message_is_with_its_item'))
            """)).ShouldBe("");
    }

    [Fact]
    public async Task Whose_data_was_erased_is_forgotten_when_the_last_backup_is_gone()
    {
        await _pipeline.SayAsync(_from, Hours);
        await _pipeline.SayAsync(_from, "borrar mis datos");
        await _pipeline.SayAsync(_from, "si");
        var retention = new Retention(database.Databases, TimeProvider.System);
        await retention.RunAsync(CancellationToken.None);
        (await HashesAsync()).ShouldBe(1);
        await database.ExecuteAsync("update erasure set done_at = done_at - interval '36 days'");
        await retention.RunAsync(CancellationToken.None);
        (await HashesAsync()).ShouldBe(0);
    }

    private Task<long> HashesAsync() => database.ScalarAsync<long>("select count(*) from erasure where state = 'done' and hash = $1", TestDatabase.Keys.Hash("tel", _from));

    private Task<bool> DecideAsync(Officer by, Guid item, short sensitivity, string topic, short[] share) =>
        _office.AskAsync(by, new DecideSensitivity(item, sensitivity, "complaint", [topic], "high", share, "read", Guid.CreateVersion7()));
}
