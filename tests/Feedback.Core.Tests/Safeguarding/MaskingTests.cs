using System.Text;
using System.Text.RegularExpressions;
using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Core.Tests.Safeguarding;

public sealed partial class MaskingTests
{
    private static readonly MaskingNames Known = new(["ziyad haddad", "ziyad", "haddad", "la jefa"], ["Casa del Puente", "Blue Gate", "Camp 14"]);

    public static TheoryData<string, string, string> Said => new()
    {
        { "es", "Me llamo María Fernanda Rojas y la fila dura cuatro horas", "Me llamo [name] y la fila dura cuatro horas" },
        { "es", "me llamo yuleisy rojas, llegamos el 3 de mayo a tapachula con mis 2 hijos y no hay agua", "me llamo [name], llegamos el [date] a [place] con mis 2 hijos y no hay agua" },
        { "es", "Somos venezolanos. Mi hijo necesita leche, mi número es 55 1234 5678", "Somos [origin]. Mi hijo necesita leche, mi número es [number]" },
        { "es", "A los venezolanos nos atienden de últimos", "A los venezolanos nos atienden de últimos" },
        { "es", "ABRAN MAS TEMPRANO POR FAVOR LA PUERTA CIERRA ANTES", "ABRAN MAS TEMPRANO POR FAVOR LA PUERTA CIERRA ANTES" },
        { "es", "La señora de la entrada, Ziyad, y la jefa gritan. Escriban a ana.p@correo.com o @ana_p", "La señora de la entrada, [name], y [name] gritan. Escriban a [contact] o [contact]" },
        { "en", "My name is Grace Otieno. We crossed at Moyale on Monday and the clinic was closed", "My name is [name]. We crossed at [place] on [date] and the clinic was closed" },
        { "en", "my name is grace and the tap is dry since 12/05, call +254 711 222333", "my name is [name] and the tap is dry since [date], call [number]" },
        { "en", "I am Ethiopian and my daughter is sick. The queue at Blue Gate is 4 hours, it opens at 06:00", "I am [origin] and my daughter is sick. The queue at [place] is 4 hours, it opens at 06:00" },
        { "en", "they stopped us in camp 14 for a week", "they stopped us in [place] for a week" },
        { "en", "May we have more blankets? It is cold in the tents", "May we have more blankets? It is cold in the tents" },
        { "fr", "Je m'appelle Aminata Diallo, je viens de Guinée avec ma fille, on attend depuis lundi", "Je m'appelle [name], je viens de [origin] avec ma fille, on attend depuis [date]" },
        { "fr", "Hier Mariam a vu que l'eau coule devant l'école, le 14 juillet il n'y en avait plus", "[name] a vu que l'eau coule devant l'école, le [date] il n'y en avait plus" },
        { "ar", "اسمي احمد الخطيب من سوريا والخيمة باردة، رقمي ٠٧٩١٢٣٤٥٦٧", "اسمي [name] من [origin] والخيمة باردة، رقمي [number]" },
        { "ar", "نحن سوريون وابني مريض وصلنا يوم الاحد من ادلب", "نحن [origin] وابني مريض وصلنا [date] من [place]" },
        { "ht", "Mwen rele Wideline, m soti nan Wanament lendi ak pitit mwen", "Mwen rele [name], m soti nan [place] [date] ak pitit mwen" },
        { "pt", "Meu nome é Joana da Silva, cheguei por Pacaraima em 2 de março com meus filhos", "Meu nome é [name] da [name], cheguei por [place] em [date] com meus filhos" },
        { "uk", "Мене звати Оксана Шевченко, ми приїхали з Маріуполя у вівторок", "Мене звати [name], ми приїхали з [place] у [date]" },
        { "ru", "меня зовут гульнара, мы из Узбекистана, ребёнку 3 года, пришли 5 марта", "меня зовут [name], мы из [origin], ребёнку 3 года, пришли [date]" },
        { "fa", "اسم من مریم است از افغانستان آمدم، شماره ۰۹۱۲۳۴۵۶۷", "اسم من [name] است از [origin] آمدم، شماره [number]" },
        { "ps", "زما نوم زرغونه دی، له تورخم راغلو، اوبه نشته", "زما نوم [name] دی، له [place] راغلو، اوبه نشته" },
        { "so", "Magacaygu waa Faadumo Cali, waxaan ka imid Boosaaso isniintii", "Magacaygu waa [name], waxaan ka imid [place] [date]" },
        { "ti", "ስመይ ሰናይት እዩ፡ ካብ ኤርትራ ብሑመራ መጺአ፡ ማይ የለን", "ስመይ [name] እዩ፡ ካብ [origin] [place] መጺአ፡ ማይ የለን" },
        { "am", "ስሜ አበበ ነው፣ ከሱዳን በመተማ መጣሁ፣ ስልኬ 0911223344", "ስሜ [name] ነው፣ [origin] [place] መጣሁ፣ ስልኬ [number]" },
        { "ha", "sunana musa, mun zo daga Agadez ranar litinin, babu ruwa", "sunana [name], mun zo daga [place] ranar [date], babu ruwa" },
        { "ur", "میرا نام عمران ہے، ہم تفتان سے جمعرات کو آئے، پانی نہیں", "میرا نام [name] ہے، ہم [place] سے [date] کو آئے، پانی نہیں" },
        { "sw", "Jina langu ni Neema, nimetoka Kongo kupitia Bunagana jumatatu, hakuna maji", "Jina langu ni [name], nimetoka [origin] kupitia [place] [date], hakuna maji" },
        { "bn", "আমার নাম রহিমা, আমরা টেকনাফ থেকে শুক্রবার এসেছি, পানি নেই", "আমার নাম [name], আমরা [place] থেকে [date] এসেছি, পানি নেই" },
        { "tr", "Benim adım Ayşe Yılmaz, Edirne'den 12 Mart'ta geldik, su yok", "Benim adım [name], [place] [date] geldik, su yok" },
        { "it", "Mi chiamo Fatou Sarr, siamo a Ventimiglia da giovedì, manca l'acqua", "Mi chiamo [name], siamo a [place] da [date], manca l'acqua" },
        { "wo", "Maa ngi tudd Modou Fall, ñu ngi jóge Rosso àllarba, ndox amul", "Maa ngi tudd [name], ñu ngi jóge [place] [date], ndox amul" },
        { "zh", "我叫王小明，从厄瓜多尔来，5月3日到达连，没有水，电话13812345678", "我叫[name]，从[origin]来，[date]到[place]，没有水，电话[number]" },
    };

    [Theory]
    [MemberData(nameof(Said))]
    public void Names_places_dates_and_numbers_are_masked(string language, string text, string masked) => Masking.Propose(text, language, Known).ShouldBe(masked);

    [Theory]
    [InlineData("wa.me/573001112233")]
    [InlineData("https://example.org/x?y=1")]
    [InlineData("WWW.example.org")]
    [InlineData("maria_p@correo.example.co")]
    [InlineData("＠maria_p")]
    [InlineData("(@maria_p)")]
    [InlineData("maria @ correo.example.com")]
    [InlineData("5 5 5 1 2 3 4")]
    [InlineData("55-12-34")]
    [InlineData("１２３４")]
    [InlineData("৪৫৬৭")]
    [InlineData("1\u200D2\u200E3")]
    [InlineData("1\uFE0F\u20E32\uFE0F\u20E33\uFE0F\u20E3")]
    [InlineData("一三八〇〇")]
    [InlineData("m@correo〇1234〇.com")]
    public void Numbers_and_contacts_are_found_however_they_are_written(string contact)
    {
        var masked = Masking.Propose($"agua {contact} fria", "es", MaskingNames.None);
        masked.ShouldMatch(@"^agua \[(number|contact|date)\]\)? fria$|^agua \(\[contact\]\) fria$");
        Masking.HoldsNumberOrContact($"agua {contact} fria").ShouldBeTrue();
        Masking.HoldsNumberOrContact(masked).ShouldBeFalse();
    }

    [Theory]
    [InlineData("tod@s l@s niñ@s esperan 4 horas de 8 a 12")]
    [InlineData("abre a las 06:00 y cierra a las 18:30, dura 2.5 horas para 10-15 personas")]
    [InlineData("no hay agua.Cierran temprano, 24 horas")]
    public void What_is_no_contact_stays(string text)
    {
        Masking.HoldsNumberOrContact(text).ShouldBeFalse();
        Masking.Propose(text, "es", MaskingNames.None).ShouldBe(text);
    }

    [Theory]
    [InlineData("la jefa me gritó", true)]
    [InlineData("Haddad’s tent", true)]
    [InlineData("قال لزياد ان يرحل", true)]
    [InlineData("la jefatura", false)]
    public void A_name_is_found_whole_also_with_what_is_written_together_with_it(string text, bool found) => Masking.Mentions(text, [.. Known.People, "زياد"]).ShouldBe(found);

    [Fact]
    public void No_run_of_three_digits_survives_and_nothing_that_is_typed_throws()
    {
        const string alphabet = "0123456789٣۵৭９①²፫〇一 .-/()+@:,'’\n\tabcAB áñйقمዐ北京[]\u200D\uFE0F\u20E3\uD83D\uDE00\uD800\uDC00\0\uFEFF\u0301ѣ";
        var random = new Random(20_261_129);
        for (var round = 0; round < 4000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => alphabet[random.Next(alphabet.Length)]));
            var masked = Masking.Propose(text, round % 2 == 0 ? "es" : "xx", Known);
            Visible(masked).ShouldNotMatch(@"\p{N}{3}", Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text)));
            Masking.HoldsNumberOrContact(masked).ShouldBeFalse(Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(text)));
            var at = 0;
            foreach (var stretch in Masking.Find(text, "es", Known))
            {
                stretch.Start.ShouldBeGreaterThanOrEqualTo(at);
                stretch.Length.ShouldBePositive();
                at = stretch.Start + stretch.Length;
            }
            at.ShouldBeLessThanOrEqualTo(text.Length);
        }
    }

    [Theory]
    [InlineData("a@")]
    [InlineData("Ab ")]
    [InlineData("1.")]
    [InlineData("@ ")]
    [InlineData("a'")]
    [InlineData("王")]
    [InlineData("و")]
    [InlineData("me llamo ")]
    [InlineData("3 mayo ")]
    [InlineData("\u0301")]
    public void A_long_text_takes_time_in_proportion(string part)
    {
        TimeSpan Of(int times)
        {
            var text = string.Concat(Enumerable.Repeat(part, times));
            var clock = System.Diagnostics.Stopwatch.StartNew();
            Masking.Propose(text, "es", Known);
            return clock.Elapsed;
        }
        Of(2000);
        Of(100_000 / part.Length).ShouldBeLessThan(TimeSpan.FromSeconds(4)); // squared, it would be minutes
    }

    private static string Visible(string text) => Invisible().Replace(text, "");

    [GeneratedRegex(@"[\p{Mn}\p{Me}\p{Mc}\p{Cf}]")]
    private static partial Regex Invisible();
}
