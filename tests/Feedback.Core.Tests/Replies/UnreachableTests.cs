using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>A phone that cannot be reached is not tried again and again; whoever writes can be reached again.</summary>
public sealed class UnreachableTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Node = "here", Space = "tel";
    private static readonly ChannelTraits Traits = new() { AddressSpace = Space, MaxLength = 1000 };
    private static int _number = 800000;
    private readonly string _from = $"+5027{Interlocked.Increment(ref _number)}";
    private readonly Office _office = new(database);
    private Pipeline _pipeline = null!;
    private Guid _item;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        _item = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        (await _pipeline.Outbox.TakeAccountAsync("line", Node, CancellationToken.None)).ShouldBeTrue();
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task After_a_refusal_for_the_address_nothing_more_is_tried_and_the_item_says_why()
    {
        await FailAsync(SendFailure.NoReach);
        await QueueAsync();
        (await ClaimAsync())!.Text.ShouldBeNull();
        (await LastAsync()).ShouldBe("failed unreachable 0");
        var officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
        var view = await _office.AskAsync(officer, new ItemDetail(_item));
        (view.Unreachable, view.CanReply).ShouldBe(("unreachable", false));
    }

    [Fact]
    public async Task Who_writes_again_is_answered_again()
    {
        await FailAsync(SendFailure.BlockedByPerson);
        await _pipeline.SayAsync(_from, Hours + " otra vez");
        await QueueAsync();
        (await ClaimAsync())!.Text.ShouldNotBeNull();
    }

    [Fact]
    public async Task Writing_on_another_line_says_nothing_about_this_one()
    {
        await database.ExecuteAsync("insert into channel_account (id, kind) values ('other', 'twilio-sms') on conflict do nothing");
        await FailAsync(SendFailure.NoReach);
        await _pipeline.SayAsync(_from, Hours + " por otra linea", account: "other");
        await database.ExecuteAsync("delete from outbox where account_id = 'other'");
        await QueueAsync();
        (await ClaimAsync())!.Text.ShouldBeNull();
    }

    [Fact]
    public async Task What_a_status_call_tells_counts_too_unless_he_has_written_since()
    {
        var claim = await ClaimAsync();
        await _pipeline.Outbox.SentAsync(claim!, "line", "SM1", "queued", CancellationToken.None);
        await ReportAsync(claim!.Id, "first");
        (await MarksAsync()).ShouldBe(1);

        await _pipeline.SayAsync(_from, Hours + " otra vez");
        (await MarksAsync()).ShouldBe(0);
        await database.ExecuteAsync("update outbox set state = 'sent', error_code = null where id = $1", claim.Id);
        await ReportAsync(claim.Id, "late");
        (await MarksAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_refusal_for_another_reason_marks_nobody()
    {
        await FailAsync(SendFailure.Content);
        await QueueAsync();
        (await ClaimAsync())!.Text.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_mark_goes_with_the_address()
    {
        await FailAsync(SendFailure.BadAddress);
        (await MarksAsync()).ShouldBe(1);
        await database.ExecuteAsync("delete from address where hash = $1", TestDatabase.Keys.Hash(Space, _from));
        (await MarksAsync()).ShouldBe(0);
    }

    private async Task FailAsync(SendFailure failure) => await _pipeline.Outbox.FailedAsync((await ClaimAsync())!, "line", failure, "30006", null, CancellationToken.None);

    private Task<OutboxClaim?> ClaimAsync() => _pipeline.Outbox.ClaimAsync("line", Node, [], Traits, CancellationToken.None);

    private Task QueueAsync() => database.ExecuteAsync("""
        insert into outbox (id, item_id, audience_id, person_id, account_id, lane, purpose, body, state, due_at, created_at)
        select gen_random_uuid(), item_id, audience_id, person_id, 'line', 0, 'reply', body, 'due', now(), now() from outbox where item_id = $1 and purpose = 'ack' and length(body) > 0 limit 1
        """, _item);

    private async Task ReportAsync(Guid outbox, string id)
    {
        await _pipeline.Inbox.StoreAsync("line", [new DeliveryReported { ExternalId = $"{outbox} {id}", OutboxId = outbox, Status = "undelivered", State = DeliveryState.Failed, ErrorCode = "30006", Failure = "unreachable" }], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();
    }

    private Task<string> LastAsync() => database.ScalarAsync<string>("select state || ' ' || error_code || ' ' || attempt from outbox where item_id = $1 and purpose = 'reply'", _item);

    private Task<long> MarksAsync() => database.ScalarAsync<long>("select count(*) from unreachable where hash = $1", TestDatabase.Keys.Hash(Space, _from));
}
