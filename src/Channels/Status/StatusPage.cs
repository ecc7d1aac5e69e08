using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Cea.Feedback.Intake;
using Cea.Feedback.Texts;

namespace Cea.Channels.Status;

/// <summary>The page of <c>/s</c>, whole on the server: forms and links for any browser; the script only takes a code from behind <c>#</c> and leaves no way back.</summary>
internal sealed record StatusPage(string Language, string Danger)
{
    // Harmless, short to load, and in every country; not ours, so that its visit says nothing.
    private const string Elsewhere = "https://www.wikipedia.org/";
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static string Style { get; } = Resource("page.css");
    public static string Script { get; } = Resource("page.js");

    /// <summary>A sentence of ours above the form: key of a text.</summary>
    public string? Said { get; init; }
    public ReceiptStatus? State { get; init; }

    /// <summary>Set with <see cref="State"/>: to add to it.</summary>
    public string? Code { get; init; }

    public string Html() => $"""
        <!doctype html>
        <html lang="{Language}" dir="{(TextBook.Default.IsRightToLeft(Language) ? "rtl" : "ltr")}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>{Text("page_title")}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/s/page.css"></head>
        <body><p class="leave"><a id="leave" href="{Elsewhere}" rel="noreferrer">{Text("page_leave")}</a></p><main><h1>{Text("page_title")}</h1>
        {(Said is { } said ? Sentence(said) : "")}{(State is { } state ? Found(state) : "")}
        <form method="post" action="/s" accept-charset="utf-8" autocomplete="off"><p><label for="code">{Text("page_code")}</label><input id="code" name="code" dir="ltr" maxlength="40" size="14" required autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck="false" aria-describedby="hint"></p>
        <p id="hint">{Text("page_hint")}</p><p>{Hidden("lang", Language)}<button>{Text("page_look")}</button></p></form>
        <p>{Text("page_danger")}</p><p class="languages">{string.Join(' ', TextBook.Default.Menu.Select(Link))}</p></main><script src="/s/page.js"></script></body></html>

        """;

    private string Found(ReceiptStatus found) => $"""
        {Sentence(found.State switch { ReceiptState.Received => "page_received", ReceiptState.InWork => "page_working", ReceiptState.Done => "page_done" })}
        {(found.Answer is { } answer ? $"<h2>{Text("page_answer")}</h2><p class=\"answer\" dir=\"auto\">{Encoder.Encode(answer.Value)}</p>" : "")}
        <form method="post" action="/s/add" accept-charset="utf-8" autocomplete="off"><p><label for="text">{Text("page_add")}</label><textarea id="text" name="text" rows="4" maxlength="4000" required dir="auto" autocomplete="off"></textarea></p>
        <p>{Hidden("code", Code ?? "")}{Hidden("once", Guid.CreateVersion7().ToString())}{Hidden("lang", Language)}<button>{Text("page_send")}</button></p></form>
        """;

    private string Sentence(string key) => $"<p class=\"said\" role=\"status\">{Text(key)}</p>";

    private string Text(string key) => Encoder.Encode(TextBook.Default.Say(Language, key, new Dictionary<string, string> { ["danger"] = Danger }).Text);

    private string Link(string language) => language == Language
        ? $"<b lang=\"{language}\">{Encoder.Encode(TextBook.Default.NameOf(language))}</b>" : $"<a href=\"/s?lang={language}\" lang=\"{language}\" hreflang=\"{language}\">{Encoder.Encode(TextBook.Default.NameOf(language))}</a>";

    private static string Hidden(string name, string value) => $"<input type=\"hidden\" name=\"{name}\" value=\"{Encoder.Encode(value)}\">";

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(StatusPage).Assembly.GetManifestResourceStream($"Cea.status.{name}")!, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
