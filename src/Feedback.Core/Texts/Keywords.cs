using System.Globalization;
using Cea.Feedback.Classification;
using Cea.Feedback.Learning;
using Cea.Feedback.Officers;
using Cea.Feedback.Storage;
using Cea.Feedback.UseCases;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Cea.Feedback.Texts;

/// <summary>A word that an officer added.</summary>
public sealed class AddedWord
{
    public int Id { get; set; }
    public string Lang { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Word { get; set; } = "";
    public string Folded { get; set; } = "";
    public int? AddedBy { get; set; }
    public DateTimeOffset AddedAt { get; set; }
}

/// <summary>
/// Adds a word that people may send instead of a shipped one. Refused when a message that is nothing but the word means something else already, in whatever language, is a cry for
/// help or could tell of harm, or answers the language menu. One that coded messages of the corpus consist of needs <see cref="Sure"/>: each such message would be swallowed.
/// </summary>
public sealed record AddKeyword(string Lang, string Kind, string Word, bool Sure, Guid ClientId) : IWrite<int>
{
    public const int Longest = 30;

    /// <summary>The names of what a word can ask for, in the order of the page.</summary>
    public static readonly IReadOnlyList<string> Kinds = ["stop", "start", "info", "erase", "confidential", "language", "yes", "no"];

    public Right Needs => Right.ManageKeywords;

    public object? AuditDetail => new { Lang, Kind, word = Word.Trim() };

    internal sealed class Handler(FeedbackDb db, Officer officer, IEnumerable<Corpus> corpora, ITextClassifier classifier, TimeProvider clock) : IRequestHandler<AddKeyword, int>
    {
        public async Task<int> Handle(AddKeyword request, CancellationToken ct)
        {
            var check = new FieldCheck();
            check.Need(TextBook.Default.Supports(request.Lang), "lang", "unknown");
            check.OneOf(request.Kind, Kinds, "kind");
            var word = check.Text(request.Word, "word", Longest);
            check.Refuse();
            await Words.AloneAsync(db, ct);
            var book = TextBook.Default.With(await Words.OwnAsync(db, ct));
            var (folded, kind) = (TextBook.Fold(word), TextBook.KindOf(request.Kind));
            var meanings = book.MeaningsOf(word);
            check.Need(folded.Length > 1 || (folded.Length == 1 && !char.IsAsciiLetter(folded[0])), "word", "keyword_short");
            check.Need(!folded.Any(char.IsDigit), "word", "keyword_number");
            check.Need(!CertainRules.Knows(word), "word", "keyword_help");
            check.Need(kind is Keyword.Confidential || !TextBook.Default.Menu.Any(l => Harm(classifier.Read(word, l))), "word", "keyword_harm");
            check.Need(!folded.StartsWith("lang ", StringComparison.Ordinal), "word", "keyword_number"); // lang es: a language by its code
            if (meanings.FirstOrDefault(m => m.Kind != kind) is { Language: { } other } taken)
                check.Need(false, "word", "keyword_taken", Words.Detail(taken.Kind, other));
            check.Need(!meanings.Any(m => m.Kind == kind && (m.Language == request.Lang || m.Language.Length == 0)), "word", "taken");
            check.Need(book.OrdinaryIn(word).Count == 0, "word", "keyword_ordinary", string.Join(", ", book.OrdinaryIn(word).Select(book.NameOf)));
            check.Refuse();
            if (!request.Sure && corpora.Sum(c => c.Read().Count(m => m.Text.Length <= 2 * Longest && TextBook.Fold(m.Text) == folded)) is var common and > 0)
                check.Need(false, "word", "keyword_common", common.ToString(CultureInfo.InvariantCulture));
            check.Refuse();

            var added = new AddedWord { Lang = request.Lang, Kind = request.Kind, Word = word, Folded = folded, AddedBy = officer.Id, AddedAt = clock.GetUtcNow() };
            db.Keywords.Add(added);
            await db.SaveChangesAsync(ct);
            await Words.ChangedAsync(db, ct);
            return added.Id;
        }
    }

    // Who sends it could tell of harm: a word of ours would swallow it, whatever the officer is sure of.
    private static bool Harm(Reading reading) => reading.Sensitivity.Class > 0 || reading.Urgency.Code is "critical";

    internal static class Words
    {
        // Two at once could each see the word free.
        public static Task<int> AloneAsync(FeedbackDb db, CancellationToken ct) => db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtext('keyword'))", ct);

        public static async Task<List<OwnWord>> OwnAsync(FeedbackDb db, CancellationToken ct) =>
            [.. (await db.Keywords.AsNoTracking().ToListAsync(ct)).Select(w => new OwnWord(w.Lang, TextBook.KindOf(w.Kind), w.Word))];

        /// <summary>Another mark: every Host reads the words anew before the next message.</summary>
        public static Task<int> ChangedAsync(FeedbackDb db, CancellationToken ct) =>
            db.Database.ExecuteSqlAsync($"insert into deployment (name, value) values ({DeploymentValues.Keywords}, gen_random_uuid()::text) on conflict (name) do update set value = excluded.value", ct);

        public static string Detail(Keyword kind, string language) => language.Length == 0 ? kind.ToString().ToUpperInvariant() : $"{kind.ToString().ToUpperInvariant()}, {TextBook.Default.NameOf(language)}";
    }
}

/// <summary>Takes back a word that was added. Shipped ones stay: people were told of them.</summary>
public sealed record RemoveKeyword(string Lang, string Word, Guid ClientId) : IWrite<int>
{
    public Right Needs => Right.ManageKeywords;

    public object? AuditDetail => new { Lang, word = Word };

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<RemoveKeyword, int>
    {
        public async Task<int> Handle(RemoveKeyword request, CancellationToken ct)
        {
            var folded = TextBook.Fold(request.Word);
            var word = await db.Keywords.SingleOrDefaultAsync(k => k.Lang == request.Lang && k.Folded == folded, ct) ?? throw new RuleException("keyword_not_found");
            db.Keywords.Remove(word);
            await db.SaveChangesAsync(ct);
            await AddKeyword.Words.ChangedAsync(db, ct);
            return word.Id;
        }
    }
}

/// <summary>What one language understands for one thing: shipped words, and added ones with their ids.</summary>
public sealed record KeywordRow(string Lang, string Kind, IReadOnlyList<string> Shipped, IReadOnlyList<(int Id, string Word)> Added);

/// <summary>All words of all languages, in the order of the menu.</summary>
public sealed record KeywordList : IRead<IReadOnlyList<KeywordRow>>
{
    public Right Needs => Right.ManageKeywords;

    internal sealed class Handler(FeedbackDb db) : IRequestHandler<KeywordList, IReadOnlyList<KeywordRow>>
    {
        public async Task<IReadOnlyList<KeywordRow>> Handle(KeywordList request, CancellationToken ct)
        {
            var added = (await db.Keywords.AsNoTracking().OrderBy(w => w.Id).ToListAsync(ct)).ToLookup(w => (w.Lang, w.Kind), w => (w.Id, w.Word));
            return [.. TextBook.Default.Menu.SelectMany(l => AddKeyword.Kinds.Select(k => new KeywordRow(l, k, TextBook.Default.WordsOf(l, TextBook.KindOf(k)), [.. added[(l, k)]])))];
        }
    }
}
