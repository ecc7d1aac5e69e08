namespace Cea.Channels;
