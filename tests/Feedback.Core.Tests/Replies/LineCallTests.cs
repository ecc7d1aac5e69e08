using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Feedback.Routing;
using Cea.Testing;
using Npgsql;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>A call that was put through: its operator records it for its caller and may call back through the line; nobody is ever shown the number.</summary>
public sealed class LineCallTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Own = "+50255500009", Password = "long enough for anybody";
    private static int _number = 620000, _call;
    private readonly RingingChannel _line = new();
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..], _from = $"+5026{Interlocked.Increment(ref _number)}";
    private Office _office = null!;
    private Pipeline _pipeline = null!;
    private Officer _operator = null!;

    public async Task InitializeAsync()
    {
        _office = new Office(database, channels: _line);
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await database.ExecuteAsync("insert into channel_account (id, kind, enabled) values ('helpline', 'ringing', true) on conflict do nothing");
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _operator = await HireAsync("operator");
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task A_record_of_a_call_that_was_put_through_is_the_callers_and_his_consents_are_kept()
    {
        var call = await CallAsync();
        var row = (await _office.AskAsync(_operator, new CallDesk())).Calls.Single();
        (row.Id, row.HasNumber, row.ReceiptCode).ShouldBe((call, true, null));
        var recorded = await RecordAsync(call, "[request|water|normal|0|es] no hay agua", RecordCall.ToTeam, ("contact_back", "yes"), ("share", "without_name"));

        (await database.ScalarAsync<string>("select concat_ws(' ', i.account_id, i.channel, (select count(*) from consent c where c.item_id = i.id and c.person_id = i.person_id and c.recorded_by = $2)) from item i join address a using (person_id) where a.hash = $1 and i.receipt_code = $3",
            TestDatabase.Keys.Hash("tel", _from), _operator.Id, recorded.Code)).ShouldBe("helpline call 2");
        (await _office.AskAsync(_operator, new CallDesk())).Calls.Single().ReceiptCode.ShouldBe(recorded.Code);
    }

    [Fact]
    public async Task A_record_waits_for_the_caller_without_holding_the_call()
    {
        var call = await CallAsync();
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        // As a further stage of the call does: the person first, then the call.
        await using (var first = new NpgsqlCommand("begin; set local lock_timeout = '5s'; select 1 from person where id = (select person_id from phone_call where id = @call) for update", connection) { Parameters = { new("call", call) } })
            await first.ExecuteNonQueryAsync();
        var recording = RecordAsync(call, "[request|water|normal|0|es] no hay agua", RecordCall.ToTeam);
        while (!recording.IsCompleted && !await database.ScalarAsync<bool>("select exists (select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')"))
            await Task.Delay(20);
        recording.IsCompleted.ShouldBeFalse("else this test shows nothing");
        await using (var second = new NpgsqlCommand("update phone_call set ended_at = now() where id = @call", connection) { Parameters = { new("call", call) } })
            await second.ExecuteNonQueryAsync();
        await using (var commit = new NpgsqlCommand("commit", connection))
            await commit.ExecuteNonQueryAsync();
        var code = (await recording).Code;
        (await database.ScalarAsync<bool>("select i.person_id = c.person_id and i.account_id = 'helpline' and c.record_id = i.id from item i, phone_call c where i.receipt_code = $1 and c.id = $2", code, call)).ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_records_or_calls_back_on_a_call_that_another_took()
    {
        var call = await CallAsync();
        var other = await HireAsync("other");
        (await _office.AskAsync(other, new CallDesk())).Calls.ShouldBeEmpty();
        (await _office.WrongFieldsAsync(other, new RecordCall(new CallNote(new("x"), "es", null) { Call = call }, Guid.CreateVersion7()))).ShouldBe("call unknown");
        await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted);
        (await _office.RefusalAsync(other, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("cannot_call_back");
    }

    [Fact]
    public async Task Who_was_cut_off_is_called_back_once_by_the_operators_own_telephone()
    {
        var call = await CallAsync();
        await RecordAsync(call, "[question|opening_hours|normal|0|es] a que hora abren", RecordCall.ToTeam); // two things in one call
        await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted);
        var click = Guid.CreateVersion7();
        var ordered = await _office.AskAsync(_operator, new CallCallerBack(call, click));
        (await _office.AskAsync(_operator, new CallCallerBack(call, click))).Order.ShouldBeNull("a double click rings once");
        ordered.Order!.ToString().ShouldBe("[call]");
        (await _office.Get<LineCalls>().PlaceAsync(ordered.Order, CancellationToken.None)).ShouldBeNull();
        _line.Rung.ShouldBe([$"helpline {_from} {Own}"]);
        (await database.ScalarAsync<string>("select string_agg(result::text, '') from done where officer_id = $1", _operator.Id)).ShouldNotContain(_from);
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "nobody was cut off or asked for it", "to_team", "" },
        { "it has to be checked first", "interrupted", "update item set circle_id = 1 where recorded_by = $1" },
        { "something restricted was on the number before", "interrupted", "insert into person_guard (person_id, ever_restricted) select person_id, true from item where recorded_by = $1" },
        { "it was a child that spoke", "interrupted", "update item set minor = true where recorded_by = $1" },
        { "he asked for quiet", "interrupted", "insert into opt_out (account_id, hash, at) select 'helpline', a.hash, now() from address a join item i using (person_id) where i.recorded_by = $1" },
        { "the hour is over", "interrupted", "update phone_call set taken_at = now() - interval '2 hours' where taken_by = $1" },
        { "another record of it is not an item yet", "interrupted", "insert into inbox (id, account_id, kind, received_at, sealed, client_id, due_at) select gen_random_uuid(), 'calls', 'message', now(), '', id::text, now() + interval '1 day' from phone_call where taken_by = $1" },
        { "he withdrew his consent", "to_team yes", "insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'contact_back', 'no', 'x', now() + interval '1 second' from item where recorded_by = $1" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public async Task Every_reason_against_calling_back_looks_the_same(string why, string end, string sql)
    {
        var call = await CallAsync();
        await RecordAsync(call, "[request|water|normal|0|es] no hay", end.Split(' ')[0], end.EndsWith("yes", StringComparison.Ordinal) ? [("contact_back", "yes")] : []);
        if (sql.Length > 0)
            await database.ExecuteAsync(sql, _operator.Id);
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("cannot_call_back", why);
        _line.Rung.ShouldBeEmpty();
        await database.ExecuteAsync("delete from inbox where account_id = 'calls'");
    }

    [Fact]
    public async Task A_caller_is_called_by_the_line_that_he_called_or_by_none()
    {
        var call = await CallAsync();
        await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted);
        await database.ExecuteAsync("insert into channel_account (id, kind, enabled) values ('another', 'ringing', true); update channel_account set enabled = false where id = 'helpline'");
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("cannot_call_through");
        await database.ExecuteAsync("update item set circle_id = 1 where recorded_by = $1", _operator.Id);
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("cannot_call_through", "nothing is told of the caller while no telephone could ring");
        await database.ExecuteAsync("delete from channel_account where id = 'another'; update channel_account set enabled = true where id = 'helpline'");
    }

    [Fact]
    public async Task Without_a_telephone_of_his_own_an_operator_learns_nothing_of_the_caller()
    {
        var call = await CallAsync();
        await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted);
        await database.ExecuteAsync("delete from helpline_operator where officer_id = $1", _operator.Id);
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("no_operator_number");
        await database.ExecuteAsync("update item set circle_id = 1 where recorded_by = $1", _operator.Id);
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("no_operator_number");
    }

    [Fact]
    public async Task A_hidden_number_is_recorded_for_nobody_and_cannot_be_called()
    {
        var call = await CallAsync(withheld: true);
        (await _office.AskAsync(_operator, new CallDesk())).Calls.Single().HasNumber.ShouldBeFalse();
        var recorded = await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted, ("contact_back", "yes"), ("share", "with_name"));
        (await database.ScalarAsync<string>("select concat_ws(' ', person_id is null, (select string_agg(kind, ',') from consent c where c.item_id = i.id)) from item i where receipt_code = $1", recorded.Code)).ShouldBe("t share");
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("cannot_call_back");
    }

    [Fact]
    public async Task Who_handles_the_item_calls_through_the_line_and_needs_his_own_telephone_for_it()
    {
        var call = await CallAsync();
        var recorded = await RecordAsync(call, "[request|water|normal|0|es] no hay agua", RecordCall.ToTeam);
        var item = await database.ScalarAsync<Guid>("select id from item where receipt_code = $1", recorded.Code);
        var officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        (await _office.RefusalAsync(officer, new CallThroughLine(item, Guid.CreateVersion7()))).ShouldBe("no_operator_number");
        await PhoneAsync(officer);
        var ordered = await _office.AskAsync(officer, new CallThroughLine(item, Guid.CreateVersion7()));
        await _office.Get<LineCalls>().PlaceAsync(ordered.Order!, CancellationToken.None);
        _line.Rung.ShouldBe([$"helpline {_from} {Own}"]);
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'called_through_line' and officer_id = $2", item, officer.Id)).ShouldBe(1);

        await database.ExecuteAsync("insert into person_guard (person_id, ever_restricted, circles) select person_id, true, '{5}' from item where id = $1", item);
        (await _office.RefusalAsync(officer, new CallThroughLine(item, Guid.CreateVersion7()))).ShouldBe("contact_by_supervisor");
    }

    [Fact]
    public async Task However_many_posts_come_at_once_a_caller_is_called_back_three_times_and_each_is_written_down()
    {
        var call = await CallAsync();
        var recorded = await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted);
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                return (await _office.AskAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).Order is null ? "nothing" : "rings";
            }
            catch (RuleException refused)
            {
                return refused.Code;
            }
        }));
        tries.Count(t => t == "rings").ShouldBe(CallCallerBack.Most);
        tries.Count(t => t == "cannot_call_back").ShouldBe(8 - CallCallerBack.Most);
        (await database.ScalarAsync<int>("select called_back from phone_call where id = $1", call)).ShouldBe(CallCallerBack.Most);
        (await database.ScalarAsync<long>("select count(*) from item_event e join item i on i.id = e.item_id where i.receipt_code = $1 and e.what = 'called_through_line' and e.officer_id = $2 and e.audience_id = i.audience_id", recorded.Code, _operator.Id)).ShouldBe(CallCallerBack.Most);
        (await database.ScalarAsync<string>("select string_agg(distinct detail::text, '') from audit where act = 'CallCallerBack' and officer_id = $1", _operator.Id)).ShouldBe($$"""{"call": "{{call}}"}""");
    }

    [Fact]
    public async Task Of_two_records_of_one_call_a_childs_is_enough_to_call_nobody_back()
    {
        var call = await CallAsync();
        await RecordAsync(call, "[request|water|normal|0|es] no hay", RecordCall.Interrupted);
        await _office.AskAsync(_operator, new RecordCall(new CallNote(new("[question|opening_hours|normal|0|es] a que hora abren"), "es", null) { Call = call, Minor = "yes" }, Guid.CreateVersion7()));
        await _pipeline.TriageAllAsync();
        (await _office.RefusalAsync(_operator, new CallCallerBack(call, Guid.CreateVersion7()))).ShouldBe("cannot_call_back");
    }

    [Fact]
    public async Task On_a_childs_item_an_officer_says_that_it_is_a_trusted_adult_whom_he_calls()
    {
        var recorded = await RecordAsync(await CallAsync(), "[request|water|normal|0|es] no hay agua", RecordCall.ToTeam);
        var item = await database.ScalarAsync<Guid>("update item set minor = true where receipt_code = $1 returning id", recorded.Code);
        var officer = await _office.HireAsync($"officer-{_run}", [Roles.Officer]);
        await PhoneAsync(officer);
        (await _office.RefusalAsync(officer, new CallThroughLine(item, Guid.CreateVersion7()))).ShouldBe("trusted_adult_needed");
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'called_through_line'", item)).ShouldBe(0);
        (await _office.AskAsync(officer, new CallThroughLine(item, Guid.CreateVersion7()) { TrustedAdult = true })).Order.ShouldNotBeNull();
        (await database.ScalarAsync<bool>("select (detail ->> 'trustedAdult')::bool from item_event where item_id = $1 and what = 'called_through_line'", item)).ShouldBeTrue();
    }

    [Fact]
    public async Task On_a_restricted_item_only_a_telephone_that_the_officer_entered_himself_rings()
    {
        var recorded = await RecordAsync(await CallAsync(), "[complaint|sea_staff_abuse|high|2|es] pide favores", RecordCall.ToTeam);
        var item = await database.ScalarAsync<Guid>("select id from item where receipt_code = $1", recorded.Code);
        var focal = await _office.HireAsync($"focal-{_run}", [Roles.Circle], ["psea"]);
        var admin = await _office.HireAsync($"admin-{_run}", [Roles.Administrator]);
        await _office.AskAsync(focal, new RecordSafeContact(item, SafeContact.ByCall, "00:00-00:00", "Habla la clinica", Guid.CreateVersion7()));
        (await _office.AskAsync(focal, new OwnNumber())).ShouldBe(new OwnNumberShown(false, false));

        await _office.AskAsync(admin, new SaveOperator(focal.Id, new TypedAddress("+50255500066"), ["es"], "", Guid.CreateVersion7()));
        (await _office.RefusalAsync(focal, new CallThroughLine(item, Guid.CreateVersion7()))).ShouldBe("no_operator_number");
        var entered = await _office.AskAsync(focal, new OwnNumber());
        (entered.Known, entered.Confirmed, entered.Ends).ShouldBe((true, false, "66"));

        (await _office.WrongFieldsAsync(focal, new SaveOwnNumber(new TypedAddress("5550"), "", Guid.CreateVersion7()))).ShouldBe("number not_a_number, password needed");
        (await _office.RefusalAsync(focal, new SaveOwnNumber(new TypedAddress("+502 555-00077"), "somebody else's guess", Guid.CreateVersion7()))).ShouldBe("password_wrong");
        (await _office.AskAsync(focal, new OwnNumber())).ShouldBe(entered);
        await _office.AskAsync(focal, new SaveOwnNumber(new TypedAddress("+502 555-00077"), Password, Guid.CreateVersion7()));
        (await _office.AskAsync(focal, new OwnNumber())).ShouldSatisfyAllConditions(o => o.Ends.ShouldBe("77"), o => o.At.ShouldNotBeNull().ShouldBeGreaterThan(entered.At.ShouldNotBeNull()));
        (await _office.AskAsync(focal, new CallThroughLine(item, Guid.CreateVersion7()))).Order!.Officer.Value.ShouldBe("+50255500077");
        (await _office.AskAsync(admin, new OperatorList())).Operators.Single(o => o.OfficerId == focal.Id).ShouldSatisfyAllConditions(o => o.Confirmed.ShouldBeTrue(), o => o.Languages.ShouldBe(["es"]));

        await _office.AskAsync(admin, new SaveOperator(focal.Id, new TypedAddress(""), ["es", "en"], "", Guid.CreateVersion7()));
        (await _office.AskAsync(focal, new OwnNumber())).Confirmed.ShouldBeTrue("the number stayed");
        await _office.AskAsync(admin, new SaveOperator(focal.Id, new TypedAddress("+50255500066"), ["es"], "", Guid.CreateVersion7()));
        (await _office.RefusalAsync(focal, new CallThroughLine(item, Guid.CreateVersion7()))).ShouldBe("no_operator_number");
    }

    [Fact]
    public async Task Who_manages_users_does_not_confirm_his_own_telephone_without_his_password()
    {
        var both = await _office.HireAsync($"both-{_run}", [Roles.Administrator, Roles.Officer]);
        await _office.AskAsync(both, new SaveOwnNumber(new TypedAddress("+50255500077"), Password, Guid.CreateVersion7()));
        await _office.AskAsync(both, new SaveOperator(both.Id, new TypedAddress("+50255500066"), ["es"], "", Guid.CreateVersion7()));
        (await _office.AskAsync(both, new OwnNumber())).Confirmed.ShouldBeFalse();
        new SaveOwnNumber(new TypedAddress("+50255500077"), Password, Guid.CreateVersion7()).ToString().ShouldBe("SaveOwnNumber");
    }

    [Fact]
    public async Task However_many_posts_of_however_many_officers_come_at_once_an_items_person_is_called_three_times_in_an_hour()
    {
        var item = await ItemAsync();
        var officers = new List<Officer>();
        for (var i = 0; i < 2; i++)
        {
            officers.Add(await _office.HireAsync($"officer{i}-{_run}", [Roles.Officer]));
            await PhoneAsync(officers[i]);
        }
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => TryAsync(officers[i % 2], item)));
        tries.Count(t => t == "rings").ShouldBe(CallThroughLine.MostOfItem);
        tries.Count(t => t == "called_enough").ShouldBe(8 - CallThroughLine.MostOfItem);
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'called_through_line'", item)).ShouldBe(CallThroughLine.MostOfItem);
        await database.ExecuteAsync("update item_event set at = at - interval '61 minutes' where item_id = $1", item);
        (await TryAsync(officers[0], item)).ShouldBe("rings");
    }

    [Fact]
    public async Task An_officer_calls_ten_times_in_an_hour_also_where_he_sees_the_items_no_longer()
    {
        var (items, officer) = (new List<Guid>(), await _office.HireAsync($"officer-{_run}", [Roles.Officer]));
        await PhoneAsync(officer);
        for (var i = 0; i < 5; i++)
            items.Add(await ItemAsync());
        foreach (var (item, n) in items.Take(4).Select((item, n) => (item, n)))
            await database.ExecuteAsync("insert into item_event (item_id, audience_id, at, officer_id, what) select $1, (select max(id) from audience), now() - interval '5 minutes', $2, 'called_through_line' from generate_series(1, $3)", item, officer.Id, n == 0 ? 1 : 2);
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => TryAsync(officer, items[1 + (i % 4)])));
        tries.Count(t => t == "rings").ShouldBe(CallThroughLine.MostOfOfficer - 7);
        tries.Count(t => t == "called_enough").ShouldBe(8 - CallThroughLine.MostOfOfficer + 7);
        var other = await _office.HireAsync($"other-{_run}", [Roles.Officer]);
        await PhoneAsync(other);
        (await TryAsync(other, items[0])).ShouldBe("rings");
    }

    private async Task<string> TryAsync(Officer officer, Guid item)
    {
        try
        {
            return (await _office.AskAsync(officer, new CallThroughLine(item, Guid.CreateVersion7()))).Order is null ? "nothing" : "rings";
        }
        catch (RuleException refused)
        {
            return refused.Code;
        }
    }

    // Of another call each, in turn.
    private async Task<Guid> ItemAsync()
    {
        var recorded = await RecordAsync(await CallAsync(), "[request|water|normal|0|es] no hay agua", RecordCall.ToTeam);
        await database.ExecuteAsync("update phone_call set taken_by = null where taken_by = $1", _operator.Id);
        return await database.ScalarAsync<Guid>("select id from item where receipt_code = $1", recorded.Code);
    }

    private async Task<Officer> HireAsync(string name)
    {
        var officer = await _office.HireAsync($"{name}-{_run}", [Roles.Operator]);
        await PhoneAsync(officer);
        return officer;
    }

    private Task PhoneAsync(Officer officer) => database.ExecuteAsync("insert into helpline_operator (officer_id, number, languages) values ($1, $2, '{es}')", officer.Id, TestDatabase.Keys.Seal(Own, "helpline operator"));

    // It rings, the operator presses a key.
    private async Task<Guid> CallAsync(bool withheld = false)
    {
        var sid = $"CAline{Interlocked.Increment(ref _call)}";
        await _pipeline.Inbox.StoreAsync("helpline",
        [
            new CallReported { ExternalId = $"{sid} Began", Call = sid, Stage = CallStage.Began, From = withheld ? null : new ContactAddress("tel", _from) },
            new CallReported { ExternalId = $"{sid} taken", Call = sid, Stage = CallStage.Answered, TakenBy = _operator.Id },
        ], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();
        return await database.ScalarAsync<Guid>("select id from phone_call where taken_by = $1", _operator.Id);
    }

    private async Task<RecordedCall> RecordAsync(Guid call, string text, string end, params (string Kind, string Answer)[] consents)
    {
        var recorded = await _office.AskAsync(_operator, new RecordCall(new CallNote(new(text), "es", null) { Call = call, End = end, Consents = consents.ToDictionary(c => c.Kind, c => c.Answer) }, Guid.CreateVersion7()));
        await _pipeline.TriageAllAsync();
        return recorded;
    }
}
