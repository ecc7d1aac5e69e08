using Cea.Sandbox.Accounts;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Lines;

/// <summary>A kind of line between a phone and an account: turns what a person does into the provider's call. A new kind is a folder and its lines in <see cref="SandboxServer"/>.</summary>
internal interface ILine
{
    /// <summary>The kind of account, as the service behind it calls it.</summary>
    string Kind { get; }

    /// <summary>A person writes. Answers when the provider's first call has been answered, or has waited its turn too long.</summary>
    Task<InboundResult> ReceiveAsync(SandboxAccount account, InboundMessage message, CancellationToken ct);

    /// <summary>A person presses a button under a message.</summary>
    Task<InboundResult> PressAsync(SandboxAccount account, ButtonPress press, CancellationToken ct);

    /// <summary>The line sends a message with buttons.</summary>
    PlayedMessage Offer(SandboxAccount account, ButtonOffer offer);

    /// <summary>A person blocks the account, or lets it write again.</summary>
    Task BlockAsync(SandboxAccount account, string from, bool blocked, CancellationToken ct);
}

/// <summary>All kinds of line.</summary>
internal sealed class PhoneLines(IEnumerable<ILine> lines)
{
    private readonly Dictionary<string, ILine> _lines = lines.ToDictionary(l => l.Kind);

    public ILine Of(SandboxAccount account) => _lines[account.Kind];
}

/// <summary>A provider's HTTP, played. Several lines may share one.</summary>
internal interface IProviderApi
{
    void Map(IEndpointRouteBuilder routes);

    /// <summary>Forgets people, queues and blocks.</summary>
    void Reset();
}
