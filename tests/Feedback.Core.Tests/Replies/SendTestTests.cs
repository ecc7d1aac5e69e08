using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>An administrator tries a line with a message to himself.</summary>
public sealed class SendTestTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Node = "here";
    private static int _number = 100000;
    private readonly string _own = $"+5028{Interlocked.Increment(ref _number)}0";
    private readonly Office _office = new(database, settings: new Dictionary<string, string?> { ["Channels:line:Kind"] = "paper", ["Channels:line:Box"] = "1", ["Channels:line:Combination"] = "2", ["Channels:off:Kind"] = "paper" }, channels: [new PaperChannel()]);
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private Pipeline _pipeline = null!;
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
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
    public async Task It_goes_out_once_under_a_double_click_by_the_outbox_and_shows_how_far_it_has_come()
    {
        var (items, people) = (await CountAsync("select count(*) from item"), await CountAsync("select count(*) from person"));
        var click = Test(_own);
        var id = await _office.AskAsync(_admin, click);
        (await _office.AskAsync(_admin, click)).ShouldBe(id);
        (await CountAsync("select count(*) from outbox")).ShouldBe(1);
        (await StateAsync(id)).ShouldBe("due ");

        var claim = (await ClaimAsync())!;
        (claim.Id, claim.Address!.Value.Value, claim.Text!.Value.Value).ShouldBe((id, _own, TestTexts.Of("en").Text));
        (await StateAsync(id)).ShouldBe("sending ");
        await _pipeline.Outbox.SentAsync(claim, "line", $"SM{id:N}", "queued", CancellationToken.None);
        (await StateAsync(id)).ShouldBe("sent ");
        await ReportAsync(id, DeliveryState.Delivered, null);
        (await StateAsync(id)).ShouldBe("delivered ");
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
        (await StateAsync(id)).ShouldBe("failed unreachable");
        (await PurgeAsync()).Addresses.ShouldBe(1);
        (await CountAsync("select count(*) from line_test t join outbox o on o.id = t.outbox_id where t.sealed is null and t.hash is null and o.provider_sealed is null and o.provider_key is null and length(o.body) = 0")).ShouldBe(1);
        (await CountAsync("select count(*) from outbox")).ShouldBe(1, "a carrier's trouble is shown and not tried again");
        (await StateAsync(id)).ShouldBe("failed unreachable");
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
        await database.ExecuteAsync("insert into opt_out (account_id, hash, at) values ('line', $1, now())", TestDatabase.Keys.Hash(ContactAddress.Telephone, _own));
        var id = await _office.AskAsync(_admin, Test(_own));
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await StateAsync(id)).ShouldBe("failed opted_out");
    }

    [Theory]
    [InlineData("[complaint|sea_staff_abuse|high|2|es] un hombre pide favores"), InlineData("ᚠᚢᚦᚨᚱᚲ ᚷᚹᚺᚾᛁ")]
    public async Task To_a_guarded_number_nothing_goes_out_and_it_looks_like_one_that_waits(string said)
    {
        await _pipeline.SayAsync(_own, said);
        await database.ExecuteAsync("delete from outbox");
        var id = await _office.AskAsync(_admin, Test(_own));
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await database.ScalarAsync<string>("select state from outbox where id = $1", id)).ShouldBe("held");
        (await StateAsync(id)).ShouldBe("due ");

        var other = await _office.AskAsync(_admin, Test("+50280000001"));
        _clock.Advance(TimeSpan.FromMinutes(61));
        await PurgeAsync();
        (await StateAsync(id)).ShouldBe("failed test_late");
        (await StateAsync(other)).ShouldBe("failed test_late"); // one that the line could not send ends the same way
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
