using System.Collections.Frozen;
using Cea.Feedback.Intake;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;
using Cea.Worker.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cea.Worker.Tests.Intake;

/// <summary>A round over all lines, one of which does what nobody thought of.</summary>
public sealed class OddLineTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly string[] Lines = ["after", "before", "odd"];
    private readonly SaidLog _said = new();
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, null, new OddChannel());
        foreach (var line in Lines)
            await database.ExecuteAsync("insert into channel_account (id, kind) values ($1, 'odd') on conflict (id) do update set checked_at = null, caught_up_to = null", line);
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Fact]
    public async Task It_is_logged_by_its_id_and_the_others_are_asked_for()
    {
        await Job<CheckLines>().Execute(null!);
        _said.Lines.ShouldBe(["Error CheckLines could not do the line odd and goes on with the others: FormatException"]);
        (await DoneAsync("checked_at")).ShouldBe(["after", "before"]);
    }

    [Fact]
    public async Task It_is_logged_by_its_id_and_what_the_others_missed_is_fetched()
    {
        await Job<CatchUpWithProviders>().Execute(null!);
        _said.Lines.Order().ShouldBe([
            "Error CatchUpWithProviders could not do the line odd and goes on with the others: FormatException",
            "Information Catching up on the line after: 1 messages found, 1 of them new", "Information Catching up on the line before: 1 messages found, 1 of them new",
        ]);
        (await DoneAsync("caught_up_to")).ShouldBe(["after", "before"]);
    }

    private async Task<List<string>> DoneAsync(string column) => [.. (await database.ScalarAsync<string>($"select string_agg(id, ',' order by id) from channel_account where kind = 'odd' and {column} is not null")).Split(',')];

    private TimedJob Job<T>() where T : TimedJob
    {
        var board = new IntakeBoard { Snapshot = IntakeSnapshot.Empty with { Accounts = Lines.ToFrozenDictionary(l => l, l => new ChannelAccount(l, "odd", new Dictionary<string, string>()) { PublicUrl = "https://cea.test/c/odd/" + l }) } };
        var services = new ServiceCollection().AddSingleton(new LineCheck(database.Databases, board, _pipeline.Kinds, TimeProvider.System))
            .AddSingleton(new CatchUp(database.Databases, board, _pipeline.Kinds, _pipeline.Inbox, TimeProvider.System))
            .AddSingleton<IHostApplicationLifetime>(new NoEnd()).AddLogging(l => l.AddProvider(_said)).BuildServiceProvider();
        return ActivatorUtilities.CreateInstance<T>(services);
    }

    private sealed class OddChannel : IChannel, IChecksAccount, IListsReceived
    {
        public string Kind => "odd";

        public ChannelTraits Traits { get; } = new() { AddressSpace = "tel", MaxLength = 100 };

        public IReadOnlyList<AccountSetting> Settings { get; } = [];

        public WebhookOutcome Receive(WebhookCall call, ChannelAccount account) => WebhookOutcome.Refused(403, "makes no calls");

        public WebhookAnswer Answer(WebhookCall call, ChannelAccount account, IReadOnlyList<Receipt> receipts, IntakeSnapshot snapshot) => WebhookAnswer.Empty(403);

        public Task<SendOutcome> SendAsync(OutgoingText message, ChannelAccount account, CancellationToken ct) => throw new NotSupportedException("nothing is sent");

        public Task<IReadOnlyList<LineProblem>> CheckAsync(ChannelAccount account, Uri webhook, CancellationToken ct) => account.Id == "odd" ? throw Odd() : Task.FromResult<IReadOnlyList<LineProblem>>([]);

        public async IAsyncEnumerable<MessageReceived> ListReceivedAsync(ChannelAccount account, DateTimeOffset since, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        {
            await Task.Yield();
            if (account.Id == "odd")
                throw Odd();
            yield return new MessageReceived { ExternalId = Guid.CreateVersion7().ToString(), From = new ContactAddress("tel", "+50212345678"), Text = new PersonalText("dlo") };
        }

        private static FormatException Odd() => new("+50212345678 is no number of ours");
    }

    private sealed class SaidLog : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add($"{logLevel} {formatter(state, exception)}{exception}");

        public void Dispose()
        {
        }
    }

    private sealed class NoEnd : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;
        public CancellationToken ApplicationStopping => default;
        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }
    }
}
