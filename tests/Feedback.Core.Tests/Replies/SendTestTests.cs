using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>An administrator tries a line with a message to himself.</summary>
public sealed class SendTestTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Node = "here", Restricted = "[complaint|sea_staff_abuse|high|2|es] un hombre pide favores", Unreadable = "ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾᛁ";
    private static int _number = 100000;
    private readonly string _own = $"+5028{Interlocked.Increment(ref _number)}0";
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private Office _office = null!;
    private Pipeline _pipeline = null!;
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _office = new Office(database, _clock, new Dictionary<string, string?> { ["Channels:line:Kind"] = "paper", ["Channels:line:Box"] = "1", ["Channels:line:Combination"] = "2", ["Channels:off:Kind"] = "paper" }, new PaperChannel());
        _pipeline = new Pipeline(database, _clock, new PaperChannel());
        await _pipeline.SetUpAsync();
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
        (await _pipeline.Outbox.TakeAccountAsync("line", Node, CancellationToken.None)).ShouldBeTrue();
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task It_goes_out_once_under_a_double_click_by_the_outbox_and_shows_that_the_line_has_taken_it()
    {
        var (items, people) = (await CountAsync("select count(*) from item"), await CountAsync("select count(*) from person"));
        var click = Test(_own);
        var id = await _office.AskAsync(_admin, click);
        (await _office.AskAsync(_admin, click)).ShouldBe(id);
        (await CountAsync("select count(*) from outbox")).ShouldBe(1);
        (await StateAsync(id)).ShouldBe("due ");

        var claim = (await ClaimAsync())!;
        (claim.Id, claim.Address!.Value.Value, claim.Text!.Value.Value).ShouldBe((id, _own, TestTexts.Of("en").Text));
        await _pipeline.Outbox.SentAsync(claim, "line", $"SM{id:N}", "queued", CancellationToken.None);
        (await StateAsync(id)).ShouldBe("due "); // what shows moves in steps
        _clock.Advance(LineTestRow.Step);
        (await StateAsync(id)).ShouldBe("sent ");
        await ReportAsync(id, DeliveryState.Delivered, null);
        (await StateAsync(id)).ShouldBe("sent ", "whether it arrived the telephone shows");
        ((await CountAsync("select count(*) from item")), await CountAsync("select count(*) from person")).ShouldBe((items, people));
    }

    [Fact]
    public async Task Its_number_lies_sealed_is_in_no_audit_and_is_destroyed_with_the_providers_id_when_the_test_is_over()
    {
        var id = await _office.AskAsync(_admin, Test(_own));
        (await CountAsync("select count(*) from line_test where position(convert_to($1, 'UTF8') in sealed) = 0 and hash is not null", _own)).ShouldBe(1);
        (await CountAsync("select count(*) from audit where act = 'SendTest' and detail::text like '%line%'")).ShouldBeGreaterThan(0);
        (await CountAsync("select (select count(*) from audit where detail::text like '%' || $1 || '%') + (select count(*) from done where result::text like '%' || $1 || '%')", _own[1..])).ShouldBe(0);
        var claim = (await ClaimAsync())!;
        await _pipeline.Outbox.SentAsync(claim, "line", $"SM{id:N}", "queued", CancellationToken.None);
        await PurgeAsync();
        (await CountAsync("select count(*) from line_test where sealed is not null")).ShouldBe(1, "its last word is still to come");

        await ReportAsync(id, DeliveryState.Failed, SendFailure.NoReach.Code);
        (await PurgeAsync()).Addresses.ShouldBe(1);
        (await CountAsync("select count(*) from line_test t join outbox o on o.id = t.outbox_id where t.sealed is null and t.hash is null and o.provider_sealed is null and o.provider_key is null and length(o.body) = 0")).ShouldBe(1);
        (await CountAsync("select count(*) from outbox")).ShouldBe(1, "a carrier's trouble is not tried again");
        _clock.Advance(LineTestRow.Step);
        (await StateAsync(id)).ShouldBe("sent ");
    }

    [Fact]
    public async Task A_number_whose_last_word_never_comes_lives_a_day()
    {
        var id = await _office.AskAsync(_admin, Test(_own));
        await _pipeline.Outbox.SentAsync((await ClaimAsync())!, "line", $"SM{id:N}", "queued", CancellationToken.None);
        _clock.Advance(TimeSpan.FromHours(25));
        (await PurgeAsync()).Addresses.ShouldBe(1);
        (await StateAsync(id)).ShouldBe("sent ");
    }

    [Fact]
    public async Task Who_opted_out_of_the_line_gets_no_test()
    {
        await OptOutAsync(_own);
        var id = await _office.AskAsync(_admin, Test(_own));
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state || ' ' || error_code from outbox where id = $1", id)).ShouldBe("failed opted_out");
    }

    [Theory]
    [InlineData(Restricted), InlineData(Unreadable)]
    public async Task To_a_guarded_number_nothing_goes_out(string said)
    {
        await GuardAsync(_own, said);
        var id = await _office.AskAsync(_admin, Test(_own));
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state from outbox where id = $1", id)).ShouldBe("held");
    }

    // How the sending to the plain number ends; the others get nothing, and nothing tells them from it.
    [Theory]
    [InlineData("delivered", Restricted), InlineData("delivered", Unreadable), InlineData("unreachable", Restricted), InlineData("not_reached", Restricted), InlineData("account_broken", Restricted), InlineData("in_doubt", Restricted), InlineData("nothing", Unreadable)]
    public async Task A_guarded_an_opted_out_and_a_plain_number_look_the_same_at_each_step(string end, string said)
    {
        var (plain, optedOut, guarded) = (_own, $"+5027{Interlocked.Increment(ref _number)}0", $"+5026{Interlocked.Increment(ref _number)}0");
        await OptOutAsync(optedOut);
        await GuardAsync(guarded, said);
        var before = await PageAsync();
        var order = new[] { plain, optedOut, guarded };
        new Random(end.Length + said.Length).Shuffle(order); // whoever stands first
        var asked = new Dictionary<string, Guid>();
        foreach (var number in order)
            asked[number] = await _office.AskAsync(_admin, Test(number));
        await LookAsync("due ");

        var went = new List<OutboxClaim>();
        while (await ClaimAsync() is { } claim)
        {
            if (claim.Text is not null)
                went.Add(claim);
            await LookAsync("due ");
        }
        went.Single().Id.ShouldBe(asked[plain]);
        if (SendFailure.Of(end) is { } failure)
            await _pipeline.Outbox.FailedAsync(went[0], "line", failure, "30003", null, CancellationToken.None);
        else if (end == "delivered")
            await _pipeline.Outbox.SentAsync(went[0], "line", $"SM{asked[plain]:N}", "queued", CancellationToken.None);
        await LookAsync("due ");
        _clock.Advance(LineTestRow.Step);
        await LookAsync("sent ");
        if (end == "delivered")
            await ReportAsync(asked[plain], DeliveryState.Delivered, null);
        await LookAsync("sent ");
        foreach (var later in new[] { TimeSpan.FromMinutes(61), TimeSpan.FromHours(25) })
        {
            _clock.Advance(later);
            await PurgeAsync();
            await LookAsync("sent ");
        }

        async Task LookAsync(string state)
        {
            var tests = await _office.AskAsync(_admin, new LineTests("line"));
            tests.Count.ShouldBe(3);
            tests.Select(t => $"{t.State} {t.Code}").Distinct().ShouldBe([state]);
            (await PageAsync()).ShouldBe(before);
        }
    }

    [Fact]
    public async Task Numbers_whose_tests_the_line_does_not_take_look_the_same_too()
    {
        var (optedOut, guarded) = ($"+5027{Interlocked.Increment(ref _number)}0", $"+5026{Interlocked.Increment(ref _number)}0");
        await OptOutAsync(optedOut);
        await GuardAsync(guarded, Restricted);
        foreach (var number in new[] { _own, optedOut, guarded })
            await _office.AskAsync(_admin, Test(number));
        _clock.Advance(TimeSpan.FromMinutes(59));
        (await StatesAsync()).ShouldBe(["due "]);
        _clock.Advance(TimeSpan.FromMinutes(2));
        (await StatesAsync()).ShouldBe(["failed test_late"]);
        await PurgeAsync();
        (await StatesAsync()).ShouldBe(["failed test_late"]);

        async Task<IEnumerable<string>> StatesAsync() => (await _office.AskAsync(_admin, new LineTests("line"))).Take(3).Select(t => $"{t.State} {t.Code}").Distinct();
    }

    [Fact]
    public async Task A_test_that_is_late_does_not_go_out_any_more()
    {
        var id = await _office.AskAsync(_admin, Test(_own));
        _clock.Advance(TimeSpan.FromMinutes(61));
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await StateAsync(id)).ShouldBe("failed test_late");
    }

    [Fact]
    public async Task Every_mistake_is_named_and_a_line_that_sends_nothing_takes_none()
    {
        (await _office.WrongFieldsAsync(_admin, new SendTest("line", new TypedAddress("555"), false, Guid.CreateVersion7()))).ShouldBe("test_number not_a_number, test_own own_only");
        (await _office.WrongFieldsAsync(_admin, new SendTest("line", new TypedAddress(" "), true, Guid.CreateVersion7()))).ShouldBe("test_number needed");
        (await _office.RefusalAsync(_admin, new SendTest("off", new TypedAddress(_own), true, Guid.CreateVersion7()))).ShouldBe("line_not_sending");
        (await _office.RefusalAsync(_admin, new SendTest("none", new TypedAddress(_own), true, Guid.CreateVersion7()))).ShouldBe("account_not_found");
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
        (await _office.RefusalAsync(officer, Test(_own))).ShouldBe("not_allowed");
        new SendTest("line", new TypedAddress(_own), true, Guid.Empty).ToString().ShouldNotContain(_own);
    }

    [Fact]
    public async Task Nobody_searches_for_numbers_with_tests()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async n =>
        {
            try
            {
                await _office.AskAsync(_admin, Test($"+5028111{n:0000}"));
            }
            catch (RuleException refused) when (refused.Code == "too_many_tests")
            {
                // what all at once shall come to
            }
        }));
        (await CountAsync("select count(*) from line_test where officer_id = $1", _admin.Id)).ShouldBe(10);
        (await _office.RefusalAsync(_admin, Test(_own))).ShouldBe("too_many_tests");
        (await _office.AskAsync(await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]), Test(_own))).ShouldNotBe(Guid.Empty);
    }

    [Fact]
    public async Task The_database_itself_takes_tests_of_administrators_only()
    {
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
        var gone = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
        await database.ExecuteAsync("update officer set active = false where id = $1", gone.Id);
        (await QueueAsync(0), await QueueAsync(officer.Id), await QueueAsync(gone.Id)).ShouldBe(("not_allowed", "not_allowed", "not_allowed"));
        (await QueueAsync(_admin.Id)).ShouldBe("done");
    }

    // As a page's connection could call it, without the use case before it.
    private async Task<string> QueueAsync(int officer)
    {
        await using var connection = await database.Databases.Pages.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var call = new Npgsql.NpgsqlCommand("select set_config('cea.officer', $1, true), coalesce(queue_line_test($2, 'line', '', 1::smallint, false, 'en', 'tel', '', ''), 'done')", connection)
        {
            Parameters = { new() { Value = officer.ToString(System.Globalization.CultureInfo.InvariantCulture) }, new() { Value = Guid.CreateVersion7() } },
        };
        await using var reader = await call.ExecuteReaderAsync();
        await reader.ReadAsync();
        return reader.GetString(1);
    }

    private Task OptOutAsync(string number) => database.ExecuteAsync("insert into opt_out (account_id, hash, at) values ('line', $1, now())", TestDatabase.Keys.Hash(ContactAddress.Telephone, number));

    private async Task GuardAsync(string number, string said)
    {
        await _pipeline.SayAsync(number, said);
        await database.ExecuteAsync("delete from outbox");
    }

    // All that the page of the lines counts and says of the line, but for the tests themselves.
    private async Task<string> PageAsync()
    {
        var line = (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == "line");
        var costs = System.Text.Json.JsonSerializer.Serialize((await _office.AskAsync(_admin, new LineCosts())).Where(c => c.Id == "line"));
        return $"{line.State.Mark} {string.Join(',', line.State.Reasons.Select(r => r.Code))} {line.RefusedWith} {line.PausedUntil} {line.Facts} {string.Join(',', line.Failures)} {costs}";
    }

    private static SendTest Test(string number) => new("line", new TypedAddress(number), true, Guid.CreateVersion7());

    private Task<OutboxClaim?> ClaimAsync() => _pipeline.Outbox.ClaimAsync("line", Node, [], new PaperChannel().Traits, CancellationToken.None);

    private Task<Purged> PurgeAsync() => new Retention(database.Databases, _clock).RunAsync(CancellationToken.None);

    private async Task<string> StateAsync(Guid id) => (await _office.AskAsync(_admin, new LineTests("line"))).Single(t => t.Id == id) is var test ? $"{test.State} {test.Code}" : "";

    private async Task ReportAsync(Guid id, DeliveryState state, string? failure)
    {
        await using var connection = await database.Databases.Worker.OpenConnectionAsync();
        (await _pipeline.Deliveries.ApplyAsync(connection, "line", new DeliveryReported { ExternalId = $"{id} {state}", OutboxId = id, Status = "x", State = state, Failure = failure }, _clock.GetUtcNow(), CancellationToken.None)).ShouldBeTrue();
    }

    private Task<long> CountAsync(string sql, params object[] values) => database.ScalarAsync<long>(sql, values);
}
