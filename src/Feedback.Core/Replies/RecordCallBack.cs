using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.UseCases;
using MediatR;

namespace Cea.Feedback.Replies;

/// <summary>
/// An officer has called back: reached, no answer, or somebody else lifted the receiver. Only reaching the person answers the item. What was said may be noted.
/// </summary>
public sealed record RecordCallBack(Guid ItemId, string Result, PersonalText Note, Guid ClientId) : IWrite<bool>
{
    public static readonly IReadOnlyList<string> Results = ["reached", "no_answer", "somebody_else"];

    public Right Needs => Right.Reply;
    public Guid? AboutItem => ItemId;
    public object? AuditDetail => new { result = Result };

    /// <summary>How many messages of the person's the officer had before him; null: not told. With more by now, what he has not read stays unread and due.</summary>
    public int? Heard { get; init; }

    internal sealed class Handler(ItemTexts texts, ContactGuard guard) : IRequestHandler<RecordCallBack, bool>
    {
        public async Task<bool> Handle(RecordCallBack request, CancellationToken ct)
        {
            if (!Results.Contains(request.Result))
                throw new RuleException("unknown_code");
            var item = await texts.FindAsync(request.ItemId, ct);
            item.MustBeOpenFor("reply");
            await guard.WhenAsync(item, SafeContact.ByCall, ct); // the call is over: its hour is no question any more
            if (request.Result == "reached")
                item.Answer(texts.Now);
            else
                item.Start(texts.Now);
            if (!request.Note.IsEmpty)
                await texts.AddAsync(item, "note", "call", request.Note.Value.Trim(), null, ct);
            texts.Event(item, "called_" + request.Result);
            if (!await texts.HasMoreAsync(item, request.Heard, ct))
                await texts.MeetAsync(item, request.Result == "reached" ? ["seen", "answer"] : ["seen"], ct);
            return true;
        }
    }
}
