using System.Text.RegularExpressions;
using Cea.Feedback.Replies;
using Cea.Feedback.Texts;

namespace Cea.Feedback.Core.Tests.Texts;

public sealed class TextBookTests
{
    private static readonly string[] Supported = ["es", "en", "fr", "ar", "ht", "pt", "uk", "ru", "fa", "ps", "so", "ti", "am", "ha", "ur", "sw", "bn", "tr", "it", "wo", "zh"];
    private static readonly string[] RightToLeft = ["ar", "fa", "ps", "ur"];

    // The longest values that a deployment may set; the second kind costs a left-to-right mark more each.
    private static readonly Dictionary<string, string> Longest = new()
    {
        ["code"] = "ABCD-EFGH-JKM", ["society"] = new string('S', 22), ["danger"] = "112233", ["outside"] = new string('o', 18), ["mb"] = "20",
    };
    private static readonly Dictionary<string, string> Numbers = new() { ["code"] = "2345-6789-23A", ["society"] = new string('S', 22), ["danger"] = "112 33", ["outside"] = "+57 601 437 63 399", ["mb"] = "20" };
    private static readonly Dictionary<string, int> Limits = new() { ["ack_first"] = 3, ["info"] = 4, ["survey"] = 2, ["too_long"] = 2, ["file_too_large"] = 2, ["stopped"] = 2 };

    public static TheoryData<string> Languages => [.. Supported];

    private static TextBook.Language Of(string language) => TextBook.Default.Languages.Single(l => l.Lang == language);

    [Fact]
    public void All_21_languages_are_there() => TextBook.Default.Menu.Order().ShouldBe(Supported.Order());

    [Theory, MemberData(nameof(Languages))]
    public void Every_language_says_the_same_things_with_the_same_places_for_values(string language)
    {
        var (mine, english) = (Of(language), Of("en"));
        mine.Texts.Keys.Order().ShouldBe(english.Texts.Keys.Order());
        mine.Words.Keys.Order().ShouldBe(english.Words.Keys.Order());
        mine.Words.Values.ShouldAllBe(w => w.Length > 0);
        foreach (var (key, text) in mine.Texts)
            Places(text).ShouldBe(Places(english.Texts[key]), $"{language} {key}");
        mine.Name.ShouldNotBeNullOrWhiteSpace();
        mine.Dir.ShouldBe(RightToLeft.Contains(language) ? "rtl" : "ltr");
    }

    [Fact]
    public void Who_reviewed_a_language_is_a_field_of_its_file_and_nobody_has_yet()
    {
        var assembly = typeof(TextBook).Assembly;
        foreach (var language in Supported)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream($"Cea.texts.{language}")!);
            reader.ReadToEnd().ShouldContain("\"reviewed_by\": null"); // set by whoever reads them, in the deployment
            TextBook.Default.ReviewedBy(language).ShouldBeNull();
        }
    }

    [Theory, MemberData(nameof(Languages))]
    public void Segments_stay_within_the_limits_with_the_longest_values(string language)
    {
        foreach (var values in new[] { Longest, Numbers })
        {
            foreach (var key in Of(language).Texts.Keys.Where(k => !k.StartsWith("voice_", StringComparison.Ordinal) && !k.StartsWith("page_", StringComparison.Ordinal))) // those are spoken or read on a page
                SmsSegments.Count(TextBook.Default.Say(language, key, values).Text).Segments.ShouldBeInRange(1, Limits.GetValueOrDefault(key, 1), $"{language} {key}");
        }
    }

    [Theory, MemberData(nameof(Languages))]
    public void No_word_means_two_things_in_one_language(string language)
    {
        var words = Of(language).Words.SelectMany(w => w.Value.Select(v => (Word: TextBook.Fold(v), Kind: w.Key))).Distinct().ToList();
        words.GroupBy(w => w.Word).Where(g => g.Count() > 1).Select(g => g.Key).ShouldBeEmpty();
        words.ShouldAllBe(w => w.Word.Length > 0 && w.Word.Length <= 40);
        Of(language).Ordinary?.Select(TextBook.Fold).Intersect(words.Select(w => w.Word)).ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Languages))]
    public void What_a_text_asks_people_to_send_is_understood(string language)
    {
        Mentioned("ack_first").ShouldContain(Keyword.Info);
        Mentioned("info").ShouldContain(Keyword.Stop);
        Mentioned("info").ShouldContain(Keyword.Erase);
        Mentioned("info").ShouldContain(Keyword.Confidential);
        Mentioned("stopped").ShouldContain(Keyword.Start);
        Mentioned("started").ShouldContain(Keyword.Stop);
        Mentioned("erase_confirm").ShouldContain(Keyword.Yes);
        Mentioned("survey").ShouldContain(Keyword.Yes);
        Mentioned("survey").ShouldContain(Keyword.No);

        // The words in capitals; where the script has none, every word of the text.
        Keyword[] Mentioned(string key)
        {
            var text = Places().Replace(Of(language).Texts[key], " ");
            var words = Regex.Matches(text, @"[\p{L}\p{M}']+").Select(m => m.Value).ToList();
            if (!RightToLeft.Contains(language) && language is not ("am" or "ti" or "bn" or "zh"))
                words = [.. words.Where(w => w.All(c => !char.IsLetter(c) || char.IsUpper(c)))];
            return [.. words.Select(w => TextBook.Default.Recognise(w, language, asked: key is "survey" or "erase_confirm")).OfType<(Keyword Kind, string)>().Select(k => k.Kind)];
        }
    }

    [Theory, MemberData(nameof(Languages))]
    public void Every_word_is_recognised_in_its_language_however_it_is_typed(string language)
    {
        foreach (var (kind, words) in Of(language).Words)
        {
            foreach (var word in words)
            {
                foreach (var typed in new[] { word, $"  {word.ToUpperInvariant()}!! ", $"\u200f{word}\u200b 🙏🏽", word.Normalize(System.Text.NormalizationForm.FormD) + "." })
                    KindOf(typed, language, asked: true).ShouldBe(Enum.Parse<Keyword>(kind, ignoreCase: true), $"{language}: {typed}");
                if (!char.IsAsciiLetter(word[0]) || word.Length > 1)
                    KindOf(word, null).ShouldBe(Enum.Parse<Keyword>(kind, ignoreCase: true), $"nobody's language known, {language}: {word}");
            }
        }
    }

    [Theory, MemberData(nameof(Languages))]
    public void What_Twilio_acts_on_by_itself_is_understood_in_every_language(string language)
    {
        foreach (var word in new[] { "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT" })
            KindOf(word, language).ShouldBe(Keyword.Stop);
        KindOf("Start", language).ShouldBe(Keyword.Start);
        KindOf("UNSTOP", language).ShouldBe(Keyword.Start);
        KindOf("info", language).ShouldBe(Keyword.Info);
        KindOf("X", language).ShouldBe(Keyword.Confidential);
        KindOf("stop", language, asked: true).ShouldBe(Keyword.Stop); // also while a question is open
        KindOf("yes", language, asked: true).ShouldBe(Keyword.Yes);
    }

    [Theory]
    [InlineData("stop.", "", Keyword.Stop), InlineData("  Alto!! ", "es", Keyword.Stop), InlineData("arrêt", "fr", Keyword.Stop), InlineData("ARRET", "fr", Keyword.Stop), InlineData("STOP\n", "", Keyword.Stop)]
    [InlineData("توقف", "", Keyword.Stop), InlineData("تَوَقَّف", "", Keyword.Stop), InlineData("rete", "ht", Keyword.Stop), InlineData("X 🙏", "", Keyword.Confidential), InlineData("Х", "", Keyword.Confidential)]
    [InlineData("❤️ x ❤️", "", Keyword.Confidential), InlineData("borrar mis datos", "es", Keyword.Erase), InlineData("HAYIR", "tr", Keyword.No), InlineData("hayır", "tr", Keyword.No), InlineData("SİL", "tr", Keyword.Erase)]
    [InlineData("ndiyo", "sw", Keyword.Yes), InlineData("না", "bn", Keyword.No), InlineData("هیچ", null, null), InlineData("بلي", "", Keyword.Yes), InlineData("A’A", "ha", Keyword.No), InlineData("ＳＴＯＰ", "", Keyword.Stop)]
    public void A_message_that_is_only_the_word_is_recognised_with_its_language(string text, string? language, Keyword? kind)
    {
        KindOf(text, null).ShouldBe(kind);
        TextBook.Default.Recognise(text, null)?.Language.ShouldBe(language);
    }

    [Theory, MemberData(nameof(Languages))]
    public void A_cry_for_help_and_a_sentence_are_never_a_keyword(string language)
    {
        string[] cries =
        [
            "help", "HELP!!!", "help me", "please help", "sos", "SOS", "save us", "ayuda", "¡Ayuda!", "auxilio", "socorro", "ayúdame", "por favor", "au secours", "aide", "aidez-moi", "à l'aide", "النجدة", "ساعدوني", "مساعدة",
            "انقذونا", "ede m", "sekou", "ajuda", "me ajude", "допоможіть", "рятуйте", "помогите", "спасите", "помощь", "کمک", "کمک کنید", "مرسته", "مرسته وکړئ", "caawimaad", "i caawi", "gargaar", "ሓግዙኒ", "ርድኡና", "እርዳታ", "እርዱኝ", "ኡኡ",
            "taimako", "ku taimake ni", "مدد", "مدد کریں", "madad", "msaada", "nisaidie", "saidia", "সাহায্য", "বাঁচান", "yardım", "imdat", "aiuto", "aiutatemi", "ndimbal", "wallu", "dimbali ma", "救命", "帮助", "求助", "🆘", "x-ray",
            "stop please they are hitting him", "no hay agua", "si vienen nos matan", "", " ", "!!!", "🙏", "\ud800", "?", "danger", "peligro", "خطر", "agua", "water",
        ];
        foreach (var cry in cries)
        {
            TextBook.Default.Recognise(cry, language, asked: true).ShouldBeNull($"{language}: {cry}");
            TextBook.Default.Recognise(cry, null, asked: true).ShouldBeNull(cry);
        }
    }

    [Fact]
    public void A_word_of_two_meanings_goes_by_the_persons_language_and_counts_for_nothing_when_that_is_not_known()
    {
        KindOf("acha", "sw").ShouldBe(Keyword.Stop);
        KindOf("acha", null).ShouldBe(Keyword.Stop);
        KindOf("acha", "es").ShouldBe(Keyword.Stop); // what we take for somebody's language may be wrong: a stop must not fail for it
        TextBook.Default.Recognise("acha", "ur").ShouldBeNull(); // "all right"
        TextBook.Default.Recognise("n", null).ShouldBeNull();
        KindOf("n", "es", asked: true).ShouldBe(Keyword.No);
        TextBook.Default.Recognise("no", null, asked: true).ShouldBe((Keyword.No, "")); // English, Spanish, Italian: nobody's alone
    }

    [Theory]
    [InlineData("1", "es"), InlineData("4", "ar"), InlineData("٤", "ar"), InlineData(" 3. ", "fr"), InlineData("5️⃣", "ht"), InlineData("0", null), InlineData("22", null), InlineData("4 personas", null), InlineData("", null), InlineData("99999999999999", null)]
    public void A_number_chooses_from_the_menu_in_any_digits(string text, string? language) => TextBook.Default.LanguageByNumber(text).ShouldBe(language);

    [Theory, MemberData(nameof(Languages))]
    public void The_menu_has_every_language_on_a_line_of_its_own(string language)
    {
        var lines = TextBook.Default.MenuText(language).Split('\n');
        lines.Length.ShouldBe(1 + Supported.Length);
        foreach (var line in lines.Skip(1))
            TextBook.Default.NameOf(TextBook.Default.LanguageByNumber(line.Split(' ')[0])!).ShouldBe(line.Split(' ', 2)[1]);
    }

    [Theory]
    [InlineData("es-MX", "es"), InlineData("pt_BR", "pt"), InlineData("prs", "fa"), InlineData("ln", "fr"), InlineData("om", "am"), InlineData("hi", "en"), InlineData("und", "en"), InlineData("", "en"), InlineData("EN", "en")]
    public void A_language_without_texts_gets_the_nearest_one_and_is_told_which(string language, string used)
    {
        TextBook.Default.Say(language, "started", Longest).Language.ShouldBe(used);
        TextBook.Default.Closest(language).ShouldBe(used);
    }

    [Fact]
    public void A_missing_value_and_an_unknown_text_are_faults()
    {
        Should.Throw<ArgumentException>(() => TextBook.Default.Say("en", "ack_first", new Dictionary<string, string> { ["code"] = "A" })).Message.ShouldContain("society");
        Should.Throw<ArgumentException>(() => TextBook.Default.Say("wo", "no_such_text", Longest)).Message.ShouldContain("no_such_text");
    }

    [Fact]
    public void A_value_in_braces_is_not_filled_again() =>
        TextBook.Default.Say("en", "voice_welcome", new Dictionary<string, string> { ["society"] = "{danger}", ["danger"] = "112" }).Text.ShouldStartWith("This is the feedback line of {danger}. ");

    [Fact]
    public void Within_right_to_left_script_codes_and_numbers_keep_the_order_of_their_parts()
    {
        foreach (var language in RightToLeft)
        {
            TextBook.Default.Say(language, "ack_first", Numbers).Text.ShouldContain("\u200E2345-6789-23A");
            TextBook.Default.Say(language, "ack_first", Numbers).Text.ShouldContain("\u200E+57 601 437 63 399");
            TextBook.Default.Say(language, "ack_first", Longest).Text.ShouldNotContain("\u200E"); // a Latin letter first, or digits alone: they need none
        }
        TextBook.Default.Say("es", "ack_first", Numbers).Text.ShouldNotContain("\u200E");
    }

    [Theory, MemberData(nameof(Languages))]
    public void The_acknowledgement_carries_the_code_the_danger_number_and_the_way_out(string language)
    {
        var said = TextBook.Default.Say(language, "ack_first", Longest).Text;
        said.ShouldContain(Longest["code"]);
        said.ShouldContain(Longest["danger"]);
        said.ShouldContain(Longest["outside"]);
        said.ShouldContain(Longest["society"]);
        TextBook.Default.Say(language, "ack_later", Longest).Text.ShouldContain(Longest["code"]);
    }

    private static Keyword? KindOf(string text, string? language, bool asked = false) => TextBook.Default.Recognise(text, language, asked)?.Kind;

    private static string[] Places(string text) => [.. Places().Matches(text).Select(m => m.Value).Order()];

    private static Regex Places() => new(@"\{[a-z]+\}");
}
