namespace Cea.Feedback.Coding;

/// <summary>A version of the codebook as the deployment keeps it. None current: the shipped one is in use.</summary>
public sealed class CodebookVersion
{
    public string Version { get; set; } = "";
    public string Tsv { get; set; } = "";
    public DateTimeOffset At { get; set; }
    public int? By { get; set; }
    public bool Current { get; set; }
}
