using System.Collections.Frozen;
using System.Net;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.Replies;
using Cea.Feedback.Storage;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Intake;

/// <summary>Providers are asked whether their lines are well, and what they said stays to be seen.</summary>
public sealed class LineCheckTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly AskedChannel _provider = new();
    private Office _office = null!;
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from channel_account");
        _office = new Office(database, _clock, new Dictionary<string, string?> { ["Channels:asked:Kind"] = "asked", ["Channels:odd:Kind"] = "pigeon" }, _provider);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
        await _office.AskAsync(_admin, new WriteRiskNote("asked", "nobody on the way", true, Guid.CreateVersion7()));
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_round_asks_each_line_in_use_and_what_was_said_shows_at_a_glance()
    {
        (await StateAsync()).ShouldBe("Attention unchecked");
        (await RoundAsync()).ShouldBe(1);
        (await StateAsync()).ShouldBe("Works fine");
        _provider.Says = () => [new LineProblem("webhook_elsewhere", true, "elsewhere", "https://cea.test/receive")];
        (await RoundAsync()).ShouldBe(0, "asked a moment ago");
        _clock.Advance(TimeSpan.FromMinutes(31));
        (await RoundAsync()).ShouldBe(1);
        (await StateAsync()).ShouldBe("Broken webhook_elsewhere");

        _provider.Says = () => [];
        _clock.Advance(TimeSpan.FromMinutes(6));
        (await RoundAsync()).ShouldBe(1, "what was wrong is looked at again soon");
        (await StateAsync()).ShouldBe("Works fine");
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "Broken credentials"), InlineData(HttpStatusCode.Forbidden, "Broken credentials"), InlineData(HttpStatusCode.BadGateway, "Attention no_answer"), InlineData(null, "Attention no_answer")]
    public async Task Refused_credentials_are_no_silence(HttpStatusCode? status, string state)
    {
        _provider.Says = () => throw new HttpRequestException("no", null, status);
        await RoundAsync();
        (await StateAsync()).ShouldBe(state);
    }

    [Fact]
    public async Task Lines_whose_settings_cannot_be_read_and_a_kind_that_breaks_stop_no_other()
    {
        var sealedElsewhere = KeyRing.Create().Seal("{}", "account");
        foreach (var (id, settings) in new[] { ("a-key", sealedElsewhere), ("b-bytes", [1, 2, 3]), ("c-text", TestDatabase.Keys.Seal("no settings", "account")), ("fine", TestDatabase.Keys.Seal("{}", "account")) })
            await database.ExecuteAsync("insert into channel_account (id, kind, settings, enabled, opened_at) values ($1, 'asked', $2, true, now())", id, settings);
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
        _provider.Breaks = "fine";
        (await RoundAsync()).ShouldBe(2);
        (await _office.Get<LineCheck>().RoundAsync(CancellationToken.None)).ShouldBe([("fine", "InvalidOperationException")], "asked again in the next round, the others are fresh");
        (await StateAsync()).ShouldBe("Works fine");
        _provider.Breaks = null;
        (await _office.Get<LineCheck>().RoundAsync(CancellationToken.None)).ShouldBe([("fine", null)]);
        foreach (var id in new[] { "a-key", "b-bytes", "c-text" })
            _office.Get<IntakeBoard>().Snapshot.Accounts[id].Broken!.Code.ShouldBe("sealed_elsewhere");
    }

    private async Task<int> RoundAsync() => (await _office.Get<LineCheck>().RoundAsync(CancellationToken.None)).Count;

    private async Task<string> StateAsync() => (await _office.AskAsync(_admin, new AccountList())).Accounts.Single(a => a.Id == "asked").State is var state ? $"{state.Mark} {state.Reasons[0].Code}" : "";

    private sealed class AskedChannel : IChannel, IChecksAccount
    {
        public Func<IReadOnlyList<LineProblem>> Says { get; set; } = () => [];

        public string? Breaks { get; set; }

        public string Kind => "asked";

        public ChannelTraits Traits { get; } = new() { AddressSpace = "tel", MaxLength = 100 };

        public IReadOnlyList<AccountSetting> Settings { get; } = [];

        public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "makes no calls");

        public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

        public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("nothing is sent");

        public Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct) => account.Id == Breaks ? throw new InvalidOperationException("nobody thought of this") : Task.FromResult(Says());
    }
}
