using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Replies;

/// <summary>
/// An officer answers. The answer is queued in the same transaction: a reply that shows is a reply that goes out. With <paramref name="Closes"/> it also tells the
/// person of the outcome: the loop closes when it has reached him.
/// </summary>
public sealed record ReplyToItem(Guid ItemId, PersonalText Text, bool Closes, Guid ClientId) : IWrite<Guid>
{
    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { closes = Closes, length = Text.Value.Length };

    /// <inheritdoc cref="Items.ResolveItem.Heard"/>
    public int? Heard { get; init; }

    /// <summary>Parts of one answer at most: enough for anything that is read on a telephone, and where each costs money it is seen before it is paid.</summary>
    public const int MostParts = 3;

    /// <summary>UTF-16 units of one answer on such a line.</summary>
    public static int LongestOn(ChannelTraits traits) => traits.SplitsLongText ? traits.MaxLength * MostParts : traits.MaxLength;

    internal sealed class Handler(ReplyTargets targets) : IRequestHandler<ReplyToItem, Guid>
    {
        public async Task<Guid> Handle(ReplyToItem request, CancellationToken ct)
        {
            if (request.Text.IsEmpty)
                throw new RuleException("text_empty");
            var target = await targets.FindAsync(request.ItemId, request.Closes, request.Heard, ct);
            if (target.Window is { Open: false })
                throw new RuleException("window_closed");
            var text = request.Text.Value.Trim();
            var parts = LongTexts.Split(text, target.Channel.Traits.MaxLength);
            if (text.Length > LongestOn(target.Channel.Traits) || parts.Count > MostParts) // cut at borders of words, a text may need a part more than its length says
                throw new RuleException("text_too_long");
            return await targets.QueueAsync(target, text, parts, request.Closes, null, ct);
        }
    }
}
