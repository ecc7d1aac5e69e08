using Cea.Feedback.Coding;

namespace Cea.Feedback.Routing;

/// <summary>Which team is responsible: the first rule whose set fields all fit.</summary>
public static class Router
{
    /// <exception cref="InvalidOperationException">There is no default rule: the deployment is not set up. Nothing is lost, the message waits.</exception>
    public static int TeamOf(IEnumerable<RoutingRule> rules, Codebook codebook, IReadOnlyCollection<string> topics, int? servicePointId, string lang, string urgency, short circleId, string channel)
    {
        var groups = topics.Select(t => codebook.Find("topic", t)?.Group ?? t).ToHashSet();
        foreach (var rule in rules)
        {
            if (rule.IsDefault
                || ((rule.Topic is null || topics.Contains(rule.Topic) || groups.Contains(rule.Topic))
                    && (rule.ServicePointId is null || rule.ServicePointId == servicePointId)
                    && (rule.Lang is null || rule.Lang == lang)
                    && (rule.Urgency is null || rule.Urgency == urgency)
                    && (rule.CircleId is null || rule.CircleId == circleId)
                    && (rule.Channel is null || rule.Channel == channel)))
                return rule.TeamId;
        }
        throw new InvalidOperationException("no default routing rule");
    }
}
