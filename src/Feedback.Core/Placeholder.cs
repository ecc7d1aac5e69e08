namespace Cea.Feedback;
