using Cea.Feedback.Intake;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Replies;

/// <summary>What the provider reports of a message: every word is kept, and none takes back what an earlier one said.</summary>
public sealed class DeliveryTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 870000;
    private readonly string _sid = $"SM{Guid.CreateVersion7():N}";
    private Pipeline _pipeline = null!;
    private OutboxClaim _claim = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from outbox");
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        await _pipeline.SayAsync($"+5027{Interlocked.Increment(ref _number)}", "[suggestion|opening_hours|normal|0|es] abran mas temprano");
        (await _pipeline.Outbox.TakeAccountAsync("line", "here", CancellationToken.None)).ShouldBeTrue();
        _claim = (await _pipeline.Outbox.ClaimAsync("line", "here", [], new() { AddressSpace = "tel", MaxLength = 1000 }, CancellationToken.None))!;
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Theory]
    [InlineData("queued sent delivered", "delivered ")]
    [InlineData("delivered sent queued", "delivered ")]
    [InlineData("read delivered sent", "read ")]
    [InlineData("sent sent", "sent ")]
    [InlineData("sent failed:30005:bad_address", "failed bad_address")]
    [InlineData("failed:30006:unreachable failed", "failed unreachable")]
    [InlineData("failed:30006:unreachable sent", "failed unreachable")]
    [InlineData("delivered failed:30008:carrier_trouble", "delivered ")]
    [InlineData("a-word-of-2031", "sent ")]
    [InlineData("sent a-word-of-2031 delivered", "delivered ")]
    public async Task A_state_never_goes_back_and_a_later_word_without_a_reason_wipes_none(string words, string expected)
    {
        await _pipeline.Outbox.SentAsync(_claim, "line", _sid, "queued", CancellationToken.None);
        foreach (var word in words.Split(' '))
            await ReportAsync(word);
        (await StateAsync()).ShouldBe(expected);
        (await database.ScalarAsync<string>("select string_agg(status, ' ' order by received_at) from delivery_event where outbox_id = $1", _claim.Id)).ShouldBe(string.Join(' ', words.Split(' ').Distinct().Select(w => w.Split(':')[0])), "each word once, a repeated call not again");
        (await database.ScalarAsync<long>("select count(*) from inbox where kind = 'status'")).ShouldBe(0);
    }

    [Fact]
    public async Task A_word_that_comes_before_the_provider_s_answer_to_the_sending_counts_once_it_is_known_whose_it_is()
    {
        await ReportAsync("delivered");
        (await StateAsync()).ShouldBe("sending ");
        (await database.ScalarAsync<long>("select count(*) from inbox where kind = 'status' and not dead and error is null")).ShouldBe(1, "it waits");

        await _pipeline.Outbox.SentAsync(_claim, "line", _sid, "queued", CancellationToken.None);
        await database.ExecuteAsync("update inbox set due_at = now()");
        await _pipeline.TriageAllAsync();
        (await StateAsync()).ShouldBe("delivered ");
    }

    [Fact]
    public async Task A_word_with_our_own_id_needs_no_answer_to_the_sending()
    {
        await ReportAsync("delivered", _claim.Id);
        (await StateAsync()).ShouldBe("delivered ");
        await _pipeline.Outbox.SentAsync(_claim, "line", _sid, "queued", CancellationToken.None);
        (await StateAsync()).ShouldBe("delivered ");
    }

    // As the channels tell it: another word of the same message is another event.
    private async Task ReportAsync(string word, Guid? ours = null)
    {
        var parts = word.Split(':');
        var state = parts[0] switch { "queued" => DeliveryState.Queued, "sent" => DeliveryState.Sent, "delivered" => DeliveryState.Delivered, "read" => DeliveryState.Read, "failed" => DeliveryState.Failed, _ => DeliveryState.Unknown };
        await _pipeline.Inbox.StoreAsync("line", [new DeliveryReported
        {
            ExternalId = $"{_sid} {parts[0]} {parts.ElementAtOrDefault(1)}", OutboxId = ours, ProviderId = _sid, Status = parts[0], State = state, ErrorCode = parts.ElementAtOrDefault(1), Failure = parts.ElementAtOrDefault(2),
        }], default, CancellationToken.None);
        await _pipeline.TriageAllAsync();
    }

    private Task<string> StateAsync() => database.ScalarAsync<string>("select state || ' ' || coalesce(error_code, '') from outbox where id = $1", _claim.Id);
}
