using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Replies;

/// <summary>
/// An administrator sends a fixed text to a number of his own, to see that a line works. It goes out by the outbox like anything else; no item is made, no person. Where it went is destroyed
/// when the test is over, and the audit does not have it. It never tells whether a number is known here: that the line took the test is all that shows of any, and nobody sends many. Whether it
/// arrived the telephone shows; what is wrong with the line itself <see cref="LineCheck"/> finds, whatever the number.
/// </summary>
public sealed record SendTest(string AccountId, TypedAddress Address, bool Own, Guid ClientId) : IWrite<Guid>
{
    public Right Needs => Right.ManageAccounts;

    public object? AuditDetail => new { account = AccountId };

    internal sealed class Handler(FeedbackDb db, KeyRing keys, ChannelKinds kinds, IntakeBoard board, Officer officer, TimeProvider clock) : IRequestHandler<SendTest, Guid>
    {
        public async Task<Guid> Handle(SendTest request, CancellationToken ct)
        {
            var row = await db.Accounts.FindAsync([request.AccountId], ct) ?? throw new RuleException("account_not_found");
            if (kinds.Find(row.Kind) is not { Traits.CanSend: true } channel)
                throw new RuleException("cannot_test");
            if (board.Snapshot.Accounts.GetValueOrDefault(row.Id) is not { Broken: null } || row.Broken is not null)
                throw new RuleException("line_not_sending");
            var space = channel.Traits.AddressSpace;
            var address = ContactAddress.Typed(request.Address.Value);
            var check = new FieldCheck();
            check.Need(address.Length > 0, "test_number", "needed");
            check.Need(address.Length == 0 || Fits(space, address), "test_number", space == ContactAddress.Telephone ? "not_a_number" : "not_an_id");
            check.Need(request.Own, "test_own", "own_only");
            check.Refuse();

            var id = Guid.CreateVersion7(clock.GetUtcNow());
            var (text, language) = TestTexts.Of(officer.Language);
            var (segments, unicode) = SmsSegments.Count(text);
            var refused = await db.Database.SqlQuery<string?>($"""
                select queue_line_test({id}, {row.Id}, {keys.Seal(text, "outbox")}, {(short)segments}, {unicode}, {language}, {space}, {keys.Hash(space, address)}, {keys.Seal(address, "address")}) as "Value"
                """).SingleAsync(ct);
            return refused is null ? id : throw new RuleException(refused);
        }

        private static bool Fits(string space, string address) => space == ContactAddress.Telephone ? ContactAddress.IsTelephone(address)
            : address.Length is > 0 and <= 64 && address.All(char.IsAsciiLetterOrDigit);
    }
}

/// <summary>
/// What a test says: that it is one, in the words of who sends it. It says nothing of anybody, for it may reach somebody else's hands. It goes to an administrator, so it stands here in the four
/// languages of the pages, and not in the book of what people are told.
/// </summary>
public static class TestTexts
{
    private static readonly Dictionary<string, string> Texts = new()
    {
        ["en"] = "This is a test of this line by its administrators. You need not do anything.",
        ["fr"] = "Ceci est un essai de cette ligne par ses administrateurs. Vous n'avez rien à faire.",
        ["es"] = "Esta es una prueba del servicio de mensajes, hecha por quienes lo administran. No hace falta hacer nada.",
        ["ar"] = "هذه رسالة تجربة من مشرفي الخط. لا داعي لأي رد.",
    };

    public static (string Text, string Language) Of(string language) => Texts.TryGetValue(language, out var text) ? (text, language) : (Texts["en"], "en");
}

/// <summary>A test and how far it has come: due; sent, the line has taken it; failed, the line has not taken it in its time.</summary>
public sealed record LineTestRow(string AccountId, Guid Id, string By, DateTimeOffset At, string State, string Code)
{
    /// <summary>How long after it was asked for a test may still go out.</summary>
    public static readonly TimeSpan GoesOutWithin = TimeSpan.FromHours(1);

    /// <summary>
    /// What shows moves in steps of the test's own time. One that is settled here takes no time of the line, so that what stands behind it goes out a little sooner: in steps that does not show.
    /// </summary>
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>Its state may still change in the next moments.</summary>
    public bool Moves => State is "due";
}

/// <summary>The last tests of one line.</summary>
public sealed record LineTests(string AccountId) : IRead<IReadOnlyList<LineTestRow>>
{
    public Right Needs => Right.ManageAccounts;

    internal sealed class Handler(FeedbackDb db, TimeProvider clock) : IRequestHandler<LineTests, IReadOnlyList<LineTestRow>>
    {
        public async Task<IReadOnlyList<LineTestRow>> Handle(LineTests request, CancellationToken ct) => await LineNumbers.TestsAsync(db, request.AccountId, clock.GetUtcNow(), ct);
    }
}
