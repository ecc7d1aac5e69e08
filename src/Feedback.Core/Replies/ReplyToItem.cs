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

    internal sealed class Handler(ReplyTargets targets) : IRequestHandler<ReplyToItem, Guid>
    {
        public async Task<Guid> Handle(ReplyToItem request, CancellationToken ct)
        {
            if (request.Text.IsEmpty)
                throw new RuleException("text_empty");
            var target = await targets.FindAsync(request.ItemId, request.Closes, ct);
            if (target.Window is { Open: false })
                throw new RuleException("window_closed");
            var text = request.Text.Value.Trim();
            if (text.Length > target.Channel.Traits.MaxLength && !target.Channel.Traits.SplitsLongText)
                throw new RuleException("text_too_long");
            return await targets.QueueAsync(target, text, LongTexts.Split(text, target.Channel.Traits.MaxLength), request.Closes, null, ct);
        }
    }
}

/// <summary>Texts longer than one sending, split at word borders; a surrogate pair is never cut.</summary>
public static class LongTexts
{
    public static IReadOnlyList<string> Split(string text, int most)
    {
        var parts = new List<string>();
        var rest = text;
        while (rest.Length > most)
        {
            var cut = rest.LastIndexOfAny([' ', '\n', '\t'], most - 1, most / 2);
            if (cut <= 0)
                cut = char.IsLowSurrogate(rest[most]) ? most - 1 : most;
            parts.Add(rest[..cut].TrimEnd());
            rest = rest[cut..].TrimStart();
        }
        if (rest.Length > 0)
            parts.Add(rest);
        return parts;
    }
}
