using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>A long answer goes out part after part; where one fails the rest waits.</summary>
public sealed class PartsTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Node = "here";
    private static readonly Dictionary<string, string?> Settings = new() { ["Channels:long:Kind"] = "long-paper" };
    private static readonly PaperChannel Paper = new("long-paper", new() { AddressSpace = "tel", MaxLength = 100, SplitsLongText = true, CountsSegments = true }, []);
    private static int _number = 100000;
    private Pipeline _pipeline = null!;
    private Office _office = null!;
    private Officer _officer = null!;
    private Guid _item;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _pipeline = new Pipeline(database, null, Paper);
        await _pipeline.SetUpAsync();
        _office = new Office(database, null, Settings, Paper);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        await database.ExecuteAsync("update channel_account set sender_node = null, sender_until = null");
        (await _pipeline.Outbox.TakeAccountAsync("long", Node, CancellationToken.None)).ShouldBeTrue();
        _officer = await _office.HireAsync($"officer-{Guid.CreateVersion7():N}", [Roles.Officer]);
        _item = (await _pipeline.SayAsync($"+5023{Interlocked.Increment(ref _number)}", "[suggestion|opening_hours|normal|0|es] abran mas temprano", "long")).MessageId;
        await database.ExecuteAsync("delete from outbox");
        await _office.AskAsync(_officer, new ReplyToItem(_item, new PersonalText(string.Join(' ', "uno dos tres".Split(' ').Select(w => string.Join(' ', Enumerable.Repeat(w, 90 / (w.Length + 1)))))), false, Guid.CreateVersion7()));
        await database.ExecuteAsync("update outbox set due_at = due_at - interval '1 minute'");
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task Parts_go_out_one_after_the_other()
    {
        foreach (var word in new[] { "uno", "dos", "tres" })
        {
            var claim = (await ClaimAsync())!;
            claim.Text!.Value.Value.ShouldStartWith(word);
            (await ClaimAsync()).ShouldBeNull("never two at once to one person");
            await SentAsync(claim);
        }
        (await ClaimAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_part_that_is_tried_again_later_is_not_overtaken()
    {
        await FailAsync(SendFailure.NotReached);
        (await ClaimAsync()).ShouldBeNull();
        await database.ExecuteAsync("update outbox set due_at = now() - interval '1 second' where part = 0");
        var again = (await ClaimAsync())!;
        again.Text!.Value.Value.ShouldStartWith("uno");
        await SentAsync(again);
        (await ClaimAsync())!.Text!.Value.Value.ShouldStartWith("dos");
    }

    [Fact]
    public async Task Behind_a_part_in_doubt_the_rest_waits_until_somebody_takes_it_as_sent()
    {
        var doubted = await FailAsync(SendFailure.InDoubt);
        (await ClaimAsync()).ShouldBeNull();
        (await StateAsync()).ShouldBe("in_doubt");
        await _office.AskAsync(_officer, new SettleSending(_item, doubted, false, Guid.CreateVersion7()));
        (await ClaimAsync())!.Text!.Value.Value.ShouldStartWith("dos");
    }

    [Fact]
    public async Task Behind_a_part_that_failed_the_rest_waits_until_it_is_sent_again_and_the_item_says_so()
    {
        await SentAsync((await ClaimAsync())!);
        (await StateAsync()).ShouldBe("due");
        var failed = await FailAsync(SendFailure.Refused);
        (await ClaimAsync()).ShouldBeNull();
        (await StateAsync()).ShouldBe("failed");
        var shown = (await _office.AskAsync(_officer, new ItemDetail(_item))).Timeline.Single(e => e.Kind == "reply").Delivery!;
        (shown.OutboxId, shown.State).ShouldBe((failed, "failed"));

        await _office.AskAsync(_officer, new SettleSending(_item, failed, true, Guid.CreateVersion7()));
        foreach (var word in new[] { "dos", "tres" })
        {
            var claim = (await ClaimAsync())!;
            claim.Text!.Value.Value.ShouldStartWith(word);
            await SentAsync(claim);
        }
        (await StateAsync()).ShouldBe("sent");
    }

    [Fact]
    public async Task What_a_carrier_lost_comes_again_as_the_same_part()
    {
        var first = (await ClaimAsync())!;
        await SentAsync(first);
        await using var connection = await database.Databases.Worker.OpenConnectionAsync();
        await _pipeline.Deliveries.ApplyAsync(connection, "long", new DeliveryReported { ExternalId = "x", OutboxId = first.Id, ProviderId = null, Status = "undelivered", State = DeliveryState.Failed, Failure = SendFailure.CarrierTrouble.Code }, TimeProvider.System.GetUtcNow(), CancellationToken.None);
        (await database.ScalarAsync<int>("select count(*) from outbox where part = 0")).ShouldBe(2);
        (await ClaimAsync()).ShouldBeNull("it is not overtaken by the next");
        await database.ExecuteAsync("update outbox set due_at = now() - interval '1 second' where part = 0 and state = 'due'");
        (await ClaimAsync())!.Text!.Value.Value.ShouldStartWith("uno");
    }

    [Fact]
    public async Task What_needs_a_part_more_for_its_long_words_is_refused() // each part ends behind the last word that fits
    {
        var text = string.Join(' ', Enumerable.Repeat(new string('x', 59), 5));
        text.Length.ShouldBe(299);
        (await _office.RefusalAsync(_officer, new ReplyToItem(_item, new PersonalText(text), false, Guid.CreateVersion7()))).ShouldBe("text_too_long");
    }

    [Fact]
    public async Task What_is_longer_than_all_parts_may_be_is_refused() =>
        (await _office.RefusalAsync(_officer, new ReplyToItem(_item, new PersonalText(new string('x', 100 * ReplyToItem.MostParts + 1)), false, Guid.CreateVersion7()))).ShouldBe("text_too_long");

    [Fact]
    public Task The_rest_of_what_failed_a_month_ago_keeps_nobodys_address() => KeepsNoAddressAsync(() => FailAsync(SendFailure.Refused));

    [Fact]
    public Task Nor_does_the_rest_of_what_was_held_and_nobody_sent_in_a_month() => KeepsNoAddressAsync(() => database.ExecuteAsync("update outbox set state = 'held' where part = 0"));

    private async Task KeepsNoAddressAsync(Func<Task> stops)
    {
        await stops();
        var retention = new Retention(database.Databases, TimeProvider.System);
        await retention.RunAsync(CancellationToken.None);
        (await database.ScalarAsync<int>("select count(*) from outbox where state = 'due'")).ShouldBe(2);
        await database.ExecuteAsync("update outbox set created_at = created_at - interval '31 days'");
        await retention.RunAsync(CancellationToken.None);
        await retention.RunAsync(CancellationToken.None);
        (await database.ScalarAsync<int>("select count(*) from outbox where state = 'due'")).ShouldBe(0);
    }

    private Task<OutboxClaim?> ClaimAsync() => _pipeline.Outbox.ClaimAsync("long", Node, [], Paper.Traits, CancellationToken.None);

    private Task SentAsync(OutboxClaim claim) => _pipeline.Outbox.SentAsync(claim, "long", $"SM{claim.Id:N}", "queued", CancellationToken.None);

    private async Task<Guid> FailAsync(SendFailure failure)
    {
        var claim = (await ClaimAsync())!;
        await _pipeline.Outbox.FailedAsync(claim, "long", failure, "30006", null, CancellationToken.None);
        return claim.Id;
    }

    // The page and other systems are told the same.
    private async Task<string> StateAsync()
    {
        var state = (await _office.AskAsync(_officer, new ItemDetail(_item))).Timeline.Single(e => e.Kind == "reply").Delivery!.State;
        (await _office.AskAsync(_officer, new ItemOfFeed(_item))).Messages.Single(m => m.Kind == "reply").Status.ShouldBe(state);
        return state;
    }
}
