using Cea.Feedback.Coding;
using Cea.Feedback.Safeguarding;

namespace Cea.Feedback.Core.Tests.Coding;

public sealed class CodebookTests
{
    private static readonly string[] Lines = Codebook.Default.Tsv.Split('\n');

    [Fact]
    public void The_shipped_codebook_has_26_topics_in_9_groups_and_8_types()
    {
        Codebook.Default.Topics.Count.ShouldBe(26);
        Codebook.Default.Of("group").Count().ShouldBe(9);
        Codebook.Default.Types.Count.ShouldBe(8);
        Codebook.Kinds.ShouldAllBe(kind => Codebook.Default.Of(kind).Any());
    }

    [Fact]
    public void Every_shipped_code_has_a_label_in_four_languages_and_every_type_topic_and_urgency_a_definition()
    {
        Codebook.Default.All.ShouldAllBe(c => c.Labels.Count == 4);
        Codebook.Default.All.Where(c => c.Kind is "type" or "topic" or "urgency").ShouldAllBe(c => c.Definition != null);
    }

    [Fact]
    public void An_export_imported_again_is_the_same_codebook()
    {
        var again = Codebook.Parse(Codebook.Default.Tsv);
        again.Tsv.ShouldBe(Codebook.Default.Tsv);
        again.Version.ShouldBe(Codebook.Default.Version);
        again.All.Select(c => (c.Kind, c.Name, c.Group, c.Sensitivity, c.Circle, c.IfrcType, c.IfrcCategory, c.Sector, string.Join('|', c.Labels.Values), c.Definition))
            .ShouldBe(Codebook.Default.All.Select(c => (c.Kind, c.Name, c.Group, c.Sensitivity, c.Circle, c.IfrcType, c.IfrcCategory, c.Sector, string.Join('|', c.Labels.Values), c.Definition)));
    }

    [Fact]
    public void What_a_spreadsheet_does_to_line_ends_makes_no_new_version_and_another_label_does()
    {
        Codebook.Parse("\ufeff" + Codebook.Default.Tsv.Replace("\n", "\r\n\r\n", StringComparison.Ordinal)).Version.ShouldBe(Codebook.Default.Version);
        Codebook.Parse(Codebook.Default.Tsv.Replace("Drinking water\t", "Water\t", StringComparison.Ordinal)).Version.ShouldNotBe(Codebook.Default.Version);
    }

    [Theory]
    [InlineData("health_care", false, 0, "open"), InlineData("health_care", true, 1, "health"), InlineData("mental_health", false, 1, "health"), InlineData("family_links", false, 1, "family_links")]
    [InlineData("documents_legal", true, 1, "protection"), InlineData("return_support", true, 1, "protection"), InlineData("safety_security", true, 1, "protection"), InlineData("safety_security", false, 0, "open")]
    [InlineData("sea_staff_abuse|child_protection", false, 2, "psea"), InlineData("cash_vouchers|fraud_corruption", false, 2, "integrity"), InlineData("data_privacy", false, 2, "data_protection")]
    [InlineData("staff_conduct", false, 2, "integrity"), InlineData("discrimination|sea_staff_abuse", false, 2, "psea"), InlineData("data_privacy|fraud_corruption", false, 2, "integrity")]
    [InlineData("data_privacy|protection_violence", false, 2, "data_protection"), InlineData("family_links|child_protection", false, 1, "protection"), InlineData("health_care|family_links", true, 1, "family_links")]
    [InlineData("queues_waiting", true, 0, "open"), InlineData("", false, 0, "open")]
    public void Topics_give_the_class_and_the_stricter_circle(string topics, bool personal, int sensitivity, string circle)
    {
        var list = topics.Split('|', StringSplitOptions.RemoveEmptyEntries);
        Codebook.Default.ClassOf(list, personal).ShouldBe(sensitivity);
        Codebook.Default.CircleOf(list, sensitivity).Code.ShouldBe(circle);
    }

    [Theory]
    [InlineData("conduct", false, 2, "psea"), InlineData("protection", false, 1, "protection"), InlineData("contact", false, 1, "family_links"), InlineData("information", false, 2, "data_protection")]
    [InlineData("movement_legal", false, 0, "open"), InlineData("movement_legal", true, 1, "protection"), InlineData("basic_needs", true, 0, "open"), InlineData("no_such_code", false, 2, "integrity")]
    public void A_group_is_as_strict_as_its_strictest_topic_and_an_unknown_code_opens_nothing(string topic, bool personal, int sensitivity, string circle)
    {
        Codebook.Default.ClassOf([topic], personal).ShouldBe(sensitivity);
        Codebook.Default.CircleOf([topic], sensitivity).Code.ShouldBe(circle);
    }

    [Fact]
    public void A_class_that_no_topic_explains_still_has_a_circle()
    {
        Codebook.Default.CircleOf(["water"], 1).Code.ShouldBe("protection");
        Codebook.Default.CircleOf(["water", "child_protection"], 2).ShouldBe(Circle.Of("integrity")); // class 2 is never kept by a circle that does not encrypt
    }

    [Theory]
    [InlineData("Water!", "code", "small letters"), InlineData("x\tnone\t0", "group", "a group of this codebook"), InlineData("x\tbasic_needs\t3", "sensitivity", "0, 1, 1* or 2")]
    [InlineData("x\tbasic_needs\t1\tfriends", "circle", "one of health"), InlineData("x\tbasic_needs\t0\thealth", "circle", "class 0"), InlineData("x\tbasic_needs\t2\thealth", "circle", "encrypts")]
    [InlineData("x\tbasic_needs\t0\t-\tReprot\tX", "ifrc_type", "one of Question"), InlineData("x\tbasic_needs\t0\t-\tReport", "ifrc_category", "both or none")]
    [InlineData("x\tbasic_needs\t0\t-\t-\t-\t-\t-", "en", "must not be empty"), InlineData("x\tbasic_needs\t0\t-\t-\t-\t-\t=1+1", "en", "spreadsheet"), InlineData("food", "code", "twice")]
    [InlineData("-", "code", "must not be empty")]
    public void A_wrong_cell_is_named_by_line_and_column(string cells, string column, string expected)
    {
        var at = Array.FindIndex(Lines, l => l.StartsWith("topic\twater\t", StringComparison.Ordinal));
        var cell = Lines[at].Split('\t');
        cells.Split('\t').CopyTo(cell, 1);
        string[] broken = [.. Lines];
        broken[at] = string.Join('\t', cell);
        var line = column == "code" && expected == "twice" ? Array.FindIndex(broken, at + 1, l => l.StartsWith("topic\tfood\t", StringComparison.Ordinal)) : at;

        var message = Should.Throw<FormatException>(() => Codebook.Parse(string.Join('\n', broken))).Message;

        message.ShouldStartWith($"line {line + 1}, column {column}: ");
        message.ShouldContain(expected);
    }

    [Fact]
    public void A_file_that_is_no_codebook_or_lacks_what_the_service_needs_is_refused()
    {
        string Refused(string tsv) => Should.Throw<FormatException>(() => Codebook.Parse(tsv)).Message;
        Refused("").ShouldStartWith("line 1");
        Refused("a\tb\n").ShouldStartWith("line 1");
        Refused(Codebook.Default.Tsv + "topic\tone_more\n").ShouldStartWith($"line {Lines.Length}: 2 columns");
        Refused(Codebook.Default.Tsv + "topic\tone_more\tother\t0\t-\t-\t-\t-\tMore\t-\t-\t-\t-\n").ShouldContain("at most 26");
        Refused(Codebook.Default.Tsv + "colour\tred\t-\t-\t-\t-\t-\t-\tRed\t-\t-\t-\t-\n").ShouldContain("column kind");
        Refused(Codebook.Default.Tsv + "third\tred\twatre\t-\t-\t-\t-\t-\tRed\t-\t-\t-\t-\n").ShouldContain("a topic of this codebook");
        Refused(string.Join('\n', Lines.Where(l => !l.StartsWith("urgency\tlow\t", StringComparison.Ordinal)))).ShouldContain("urgency low is missing");
    }

    [Fact]
    public void A_label_falls_back_to_English_and_a_lost_code_to_itself()
    {
        Codebook.Default.Label("topic", "water", "es").ShouldBe("Agua potable");
        Codebook.Default.Label("topic", "water", "so").ShouldBe("Drinking water");
        Codebook.Default.Label("topic", "basic_needs", "fr").ShouldBe("Besoins de base");
        Codebook.Default.Label("topic", "gone", "fr").ShouldBe("gone");
    }

    [Fact]
    public void Third_level_codes_belong_to_a_topic()
    {
        Codebook.Default.ThirdOf("cash_vouchers").Count().ShouldBe(7);
        Codebook.Default.ThirdOf("water").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("complaint", "queues_waiting", "Report", "Issues with quality quantity or timeliness", "Queues and waiting"), InlineData("incident_report", "health_care", "Report", "Report of incident", "Health care")]
    [InlineData("incident_report", "sea_staff_abuse", "Report", "Allegations of SEA", "Sexual exploitation or abuse by aid staff"), InlineData("complaint", "fraud_corruption", "Report", "Allegations of misconduct", "Fraud and corruption")]
    [InlineData("question", "sea_staff_abuse", "Question", "Other questions", "Sexual exploitation or abuse by aid staff"), InlineData("complaint", "access_eligibility", "Report", "Barriers to access", "Access and who is served")]
    public void An_item_rolls_up_to_the_IFRC_framework(string type, string topic, string ifrcType, string category, string code) =>
        Codebook.Default.IfrcOf(type, topic).ShouldBe(new IfrcCode(ifrcType, category, code));

    [Fact]
    public void The_IFRC_file_has_every_combination_once()
    {
        var rows = Codebook.Default.ToIfrcCsv().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        rows[0].ShouldBe("Type of feedback,Category,Code");
        rows.ShouldBeUnique();
        rows.ShouldContain("\"Report\",\"Allegations of SEA\",\"Sexual exploitation or abuse by aid staff\"");
        rows.ShouldContain("\"Observation_perception_belief\",\"Safety and security\",\"Safety at the site\"");
    }
}
